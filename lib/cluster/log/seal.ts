/**
 * The messages of the shared log, sealed so that only servers with the record key read and write them.
 *
 * A message is a header and what AES-256-GCM makes of its body. The header says who wrote it: a random
 * number that each program draws when it starts, and how many messages that program had sealed. Each
 * writer has an AES key of its own, derived from the record key, and the count is the nonce: so no nonce
 * is ever used twice, however many servers write, and a message that was seen before is known by its
 * count. The header and the name of the service are authenticated with the body.
 *
 * @see RFC 5869 (HKDF), NIST SP 800-38D section 8.2.1 (deterministic nonces)
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { BoundedMap } from "../../base/bounded_map.ts";
import { limits } from "../../base/limits.ts";
import type { RecordKey } from "../record_key.ts";
import type { LogKind } from "../subjects.ts";

/** Bytes that are not shared with other threads, as Web Crypto takes them. */
export type Bytes = Uint8Array<ArrayBuffer>;

/**
 * What a message is: the steps of a batch (in `part`s, where they are long), a sign of life, a moment
 * of which a snapshot is made, word that the snapshot is whole, a piece of it, and a piece of an audit.
 */
export type MessageKind = "batch" | "part" | "beat" | "cut" | "mark" | "piece" | "audit";

/** What a message says beside its body. */
export interface MessageHead {
  /** What it is; `undefined` for what a newer dari wrote. */
  readonly kind: MessageKind | undefined;
  /** Who wrote it, in hexadecimal. */
  readonly writer: string;
  /** How many messages its writer had sealed, with this one. */
  readonly count: number;
  /** The last message of the log that its writer had read. */
  readonly after: number;
}

/** A message that a server with the key wrote. */
export interface OpenedMessage extends MessageHead {
  /** Its body. */
  readonly body: Bytes;
}

/** Where keys come from. */
export interface SealOptions {
  /** The record key. */
  readonly key: RecordKey;
  /** The name of the service, so that no message of another one is taken for its own. */
  readonly service: string;
  /** Which of its logs the messages are for. @default {"store"} */
  readonly kind?: LogKind | undefined;
}

const FORM = 1;
/** By their numbers in a header; a number is never given a new meaning. */
const KINDS: readonly MessageKind[] = ["batch", "part", "beat", "cut", "mark", "piece", "audit"];
const KIND_AT = 1;
const WRITER_AT = 2;
const COUNT_AT = WRITER_AT + limits.storeWriterBytes;
const AFTER_AT = COUNT_AT + BigUint64Array.BYTES_PER_ELEMENT;
const BODY_AT = AFTER_AT + BigUint64Array.BYTES_PER_ELEMENT;
const TAG_BYTES = 16;
const NONCE_BYTES = 12;

/** How much longer a sealed message is than its body, in bytes. */
export const SEAL_BYTES = BODY_AT + TAG_BYTES;

const encoder = new TextEncoder();

/** The keys of writers, derived from the record key. */
class WriterKeys {
  readonly #root: Promise<CryptoKey>;
  readonly #info: Bytes;
  readonly service: Bytes;

  constructor({ key, service, kind = "store" }: SealOptions) {
    this.#root = crypto.subtle.importKey("raw", key, "HKDF", false, ["deriveKey"]);
    this.#info = encoder.encode(`dari ${kind} ${FORM} ${service}`);
    this.service = encoder.encode(service);
  }

  async of(writer: Bytes, usage: "encrypt" | "decrypt"): Promise<CryptoKey> {
    return await crypto.subtle.deriveKey(
      { name: "HKDF", hash: "SHA-256", salt: writer, info: this.#info },
      await this.#root,
      { name: "AES-GCM", length: 256 },
      false,
      [usage],
    );
  }
}

/** Seals the messages of one program. */
export class MessageSeal {
  /** Who writes, in hexadecimal. */
  readonly writer: string;
  readonly #writer: Bytes;
  readonly #service: Bytes;
  readonly #key: Promise<CryptoKey>;
  #count = 0;

  /**
   * Draws the number of a new writer.
   *
   * @param options The key, and the service.
   */
  constructor(options: SealOptions) {
    const keys = new WriterKeys(options);
    this.#writer = crypto.getRandomValues(new Uint8Array(limits.storeWriterBytes));
    this.writer = encodeHex(this.#writer);
    this.#service = keys.service;
    this.#key = keys.of(this.#writer, "encrypt");
  }

  /**
   * Seals a message.
   *
   * @param kind What it is.
   * @param body Its body.
   * @param after The last message of the log that was read.
   * @returns The count of the message, at once, and its bytes.
   */
  seal(
    kind: MessageKind,
    body: Bytes,
    after: number,
  ): { readonly count: number; readonly sealed: Promise<Bytes> } {
    const count = ++this.#count;
    const header = new Uint8Array(BODY_AT);
    header[0] = FORM;
    header[KIND_AT] = KINDS.indexOf(kind);
    header.set(this.#writer, WRITER_AT);
    const view = new DataView(header.buffer);
    view.setBigUint64(COUNT_AT, BigInt(count));
    view.setBigUint64(AFTER_AT, BigInt(after));
    return { count, sealed: this.#encrypt(header, body) };
  }

  async #encrypt(header: Bytes, body: Bytes): Promise<Bytes> {
    const cipher = cipherOf(header, this.#service);
    const sealed = await crypto.subtle.encrypt(cipher, await this.#key, body);
    const message = new Uint8Array(BODY_AT + sealed.byteLength);
    message.set(header);
    message.set(new Uint8Array(sealed), BODY_AT);
    return message;
  }
}

/** Opens the messages of all servers. */
export class MessageOpener {
  readonly #keys: WriterKeys;
  readonly #known = new BoundedMap<string, Promise<CryptoKey>>(limits.maxStoreWriterKeys);

  /**
   * @param options The key, and the service.
   */
  constructor(options: SealOptions) {
    this.#keys = new WriterKeys(options);
  }

  /**
   * Opens a message.
   *
   * @param message Its bytes, as they came.
   * @returns What a server with the key wrote; `undefined` for everything else.
   */
  async open(message: Uint8Array): Promise<OpenedMessage | undefined> {
    if (message.length < SEAL_BYTES || message[0] !== FORM) return undefined;
    const bytes = Uint8Array.from(message);
    const header = bytes.subarray(0, BODY_AT);
    const writer = header.slice(WRITER_AT, COUNT_AT);
    const view = new DataView(bytes.buffer);
    const name = encodeHex(writer);
    try {
      const key = await this.#keyOf(name, writer);
      const cipher = cipherOf(header, this.#keys.service);
      const body = await crypto.subtle.decrypt(cipher, key, bytes.subarray(BODY_AT));
      return {
        kind: KINDS[header[KIND_AT]!],
        writer: name,
        count: Number(view.getBigUint64(COUNT_AT)),
        after: Number(view.getBigUint64(AFTER_AT)),
        body: new Uint8Array(body),
      };
    } catch {
      return undefined; // no server with the key wrote it, or it was changed
    }
  }

  #keyOf(name: string, writer: Bytes): Promise<CryptoKey> {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const key = this.#keys.of(writer, "decrypt");
    this.#known.set(name, key);
    return key;
  }
}

/** The nonce is the count of the message, of a key that no other writer has. */
function cipherOf(header: Bytes, service: Bytes): AesGcmParams {
  const iv = new Uint8Array(NONCE_BYTES);
  iv.set(header.subarray(COUNT_AT, AFTER_AT), NONCE_BYTES - (AFTER_AT - COUNT_AT));
  const additionalData = new Uint8Array(header.length + service.length);
  additionalData.set(header);
  additionalData.set(service, header.length);
  return { name: "AES-GCM", iv, additionalData };
}
