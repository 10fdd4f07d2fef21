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

import { hkdfSync } from "node:crypto"; // Web Crypto has no derivation that answers at once
import { encodeHex } from "@std/encoding/hex";
import { BoundedMap } from "../../base/bounded_map.ts";
import { limits } from "../../base/limits.ts";
import type { RecordKey } from "../record_key.ts";
import type { LogKind } from "../subjects.ts";
import { type Bytes, RecordCipher, TAG_BYTES } from "./record_cipher.ts";

export type { Bytes } from "./record_cipher.ts";

/**
 * What a message is: the steps of a batch (in `part`s, where they are long), a sign of life, a moment
 * of which a snapshot is made, word that the snapshot is whole, a piece of it, and a piece of an audit.
 */
export type MessageKind = "batch" | "part" | "beat" | "cut" | "mark" | "piece" | "audit";

/** How far a program had read the log when it decided on a message. */
export interface LogPoint {
  /** How many messages it had taken. */
  readonly taken: number;
  /** The digest of the log up to there: 64 bits. */
  readonly digest: bigint;
}

/** What a message says beside its body. */
export interface MessageHead {
  /** What it is; `undefined` for what a newer dari wrote. */
  readonly kind: MessageKind | undefined;
  /** Its writer, in hexadecimal. */
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
  /** What authenticates it; no other message has the same. */
  readonly tag: Bytes;
  /** What log it was decided on, where it says so. */
  readonly point?: LogPoint;
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
/** By their numbers in a header, below 128; a number is never given a new meaning. */
const KINDS: readonly MessageKind[] = ["batch", "part", "beat", "cut", "mark", "piece", "audit"];
/**
 * Added to the number where the body begins with a point. A dari that knows no points does not know such a
 * kind either, and stops.
 */
const WITH_POINT = 0x80;
const KIND_AT = 1;
const WRITER_AT = 2;
const COUNT_AT = WRITER_AT + limits.storeWriterBytes;
const AFTER_AT = COUNT_AT + BigUint64Array.BYTES_PER_ELEMENT;
const BODY_AT = AFTER_AT + BigUint64Array.BYTES_PER_ELEMENT;
const NONCE_BYTES = 12;

/** How much longer a sealed message is than its body, in bytes. */
export const SEAL_BYTES = BODY_AT + TAG_BYTES;

/** How much longer it is where it says what log it was decided on, in bytes. */
export const POINT_BYTES = 2 * BigUint64Array.BYTES_PER_ELEMENT;

const encoder = new TextEncoder();

/** The ciphers of writers, whose keys are derived from the record key. */
class WriterCiphers {
  readonly #root: Bytes;
  readonly #info: Bytes;
  readonly service: Bytes;

  constructor({ key, service, kind = "store" }: SealOptions) {
    this.#root = key;
    this.#info = encoder.encode(`dari ${kind} ${FORM} ${service}`);
    this.service = encoder.encode(service);
  }

  of(writer: Bytes): RecordCipher {
    const key = hkdfSync("sha256", this.#root, writer, this.#info, limits.clusterKeyBytes);
    return new RecordCipher(new Uint8Array(key));
  }
}

/** Seals the messages of one program. */
export class MessageSeal {
  /** The writer, in hexadecimal. */
  readonly writer: string;
  readonly #writer: Bytes;
  readonly #service: Bytes;
  readonly #cipher: RecordCipher;
  #count = 0;

  /**
   * Draws the number of a new writer.
   *
   * @param options The key, and the service.
   */
  constructor(options: SealOptions) {
    const ciphers = new WriterCiphers(options);
    this.#writer = crypto.getRandomValues(new Uint8Array(limits.storeWriterBytes));
    this.writer = encodeHex(this.#writer);
    this.#service = ciphers.service;
    this.#cipher = ciphers.of(this.#writer);
  }

  /**
   * Seals a message.
   *
   * @param kind What it is.
   * @param body Its body.
   * @param after The last message of the log that was read.
   * @param point What log it was decided on, where it says so.
   * @returns The count of the message, at once, and its bytes, which for a short one are there at once.
   */
  seal(
    kind: MessageKind,
    body: Bytes,
    after: number,
    point?: LogPoint,
  ): { readonly count: number; readonly sealed: Bytes | Promise<Bytes> } {
    const count = ++this.#count;
    const header = new Uint8Array(BODY_AT);
    header[0] = FORM;
    header[KIND_AT] = KINDS.indexOf(kind) + (point === undefined ? 0 : WITH_POINT);
    header.set(this.#writer, WRITER_AT);
    const view = new DataView(header.buffer);
    view.setBigUint64(COUNT_AT, BigInt(count));
    view.setBigUint64(AFTER_AT, BigInt(after));
    const [nonce, beside] = [nonceOf(header), authenticated(header, this.#service)];
    const sealing = point === undefined ? body : withPoint(point, body);
    return { count, sealed: this.#cipher.seal(header, sealing, nonce, beside) };
  }
}

/** Opens the messages of all servers. */
export class MessageOpener {
  readonly #ciphers: WriterCiphers;
  readonly #known = new BoundedMap<string, RecordCipher>(limits.maxStoreWriterKeys);

  /**
   * @param options The key, and the service.
   */
  constructor(options: SealOptions) {
    this.#ciphers = new WriterCiphers(options);
  }

  /**
   * Opens a message.
   *
   * @param message Its bytes, as they came.
   * @returns What a server with the key wrote, for a short one at once; `undefined` for everything else.
   */
  open(message: Uint8Array): OpenedMessage | undefined | Promise<OpenedMessage | undefined> {
    if (message.length < SEAL_BYTES || message[0] !== FORM) return undefined;
    const header = Uint8Array.from(message.subarray(0, BODY_AT));
    const writer = header.slice(WRITER_AT, COUNT_AT);
    const name = encodeHex(writer);
    const view = new DataView(header.buffer);
    const head: MessageHead = {
      kind: KINDS[header[KIND_AT]! & ~WITH_POINT],
      writer: name,
      count: Number(view.getBigUint64(COUNT_AT)),
      after: Number(view.getBigUint64(AFTER_AT)),
    };
    const [nonce, beside] = [nonceOf(header), authenticated(header, this.#ciphers.service)];
    const body = this.#cipherOf(name, writer).open(message.subarray(BODY_AT), nonce, beside);
    // No server with the key wrote what does not open, or it was changed.
    const tag = Uint8Array.from(message.subarray(-TAG_BYTES));
    const hasPoint = (header[KIND_AT]! & WITH_POINT) !== 0;
    const opened = (body: Bytes | undefined) => {
      if (body === undefined) return undefined;
      return { ...head, tag, ...(hasPoint ? splitPoint(body) : { body }) };
    };
    return body instanceof Promise ? body.then(opened) : opened(body);
  }

  #cipherOf(name: string, writer: Bytes): RecordCipher {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const cipher = this.#ciphers.of(writer);
    this.#known.set(name, cipher);
    return cipher;
  }
}

/** The nonce is the count of the message, of a key that no other writer has. */
function nonceOf(header: Bytes): Bytes {
  const nonce = new Uint8Array(NONCE_BYTES);
  nonce.set(header.subarray(COUNT_AT, AFTER_AT), NONCE_BYTES - (AFTER_AT - COUNT_AT));
  return nonce;
}

/** A body behind what log it was decided on. */
function withPoint({ taken, digest }: LogPoint, body: Bytes): Bytes {
  const both = new Uint8Array(POINT_BYTES + body.length);
  const view = new DataView(both.buffer);
  view.setBigUint64(0, BigInt(taken));
  view.setBigUint64(BigUint64Array.BYTES_PER_ELEMENT, digest);
  both.set(body, POINT_BYTES);
  return both;
}

function splitPoint(both: Bytes): Partial<OpenedMessage> & Pick<OpenedMessage, "body"> {
  if (both.length < POINT_BYTES) return { kind: undefined, body: both };
  const view = new DataView(both.buffer, both.byteOffset);
  const taken = Number(view.getBigUint64(0));
  const digest = view.getBigUint64(BigUint64Array.BYTES_PER_ELEMENT);
  return { point: { taken, digest }, body: both.subarray(POINT_BYTES) };
}

/** What is authenticated beside the body. */
function authenticated(header: Bytes, service: Bytes): Bytes {
  const both = new Uint8Array(header.length + service.length);
  both.set(header);
  both.set(service, header.length);
  return both;
}
