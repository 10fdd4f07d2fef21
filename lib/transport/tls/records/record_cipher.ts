/**
 * The protection of the records of one direction: TLS_CHACHA20_POLY1305_SHA256, as in TLS 1.3.
 *
 * A nonce is the number of the record, 64 bits, by exclusive or with the IV. So a record that is sent
 * again, left out or put elsewhere does not open.
 *
 * @see RFC 8446 sections 5.2 and 5.3 (records, nonces), RFC 8439 (ChaCha20-Poly1305)
 * @module
 */

// Web Crypto has no ChaCha20-Poly1305, and gives no answer at once.
import { createCipheriv, createDecipheriv } from "node:crypto";
import { limits } from "../../../base/limits.ts";
import { type Sodium, TAG_BYTES } from "./sodium.ts";

/** The bytes before a record: its type, the version of old, its length (RFC 8446 section 5.2). */
export const HEADER_BYTES = 5;
/** What a record adds to its content: the header, its true type, and the tag. */
export const OVERHEAD_BYTES = HEADER_BYTES + 1 + TAG_BYTES;
/** The most bytes of a record behind its header. */
export const MAX_SEALED_BYTES = limits.recordBytes + 1 + TAG_BYTES;

const KEY_BYTES = 32;
const IV_BYTES = 12;
/** The key and the IV together. */
export const SECRET_BYTES = KEY_BYTES + IV_BYTES;

/** The types of records that there are here (RFC 8446 section 5.1). */
export const types = { alert: 21, data: 23 } as const;

const CIPHER = "chacha20-poly1305";
const WORD = 0x1_0000_0000;
const OPTIONS = { authTagLength: TAG_BYTES };

/** Key, IV and count of one direction. */
export class RecordCipher {
  readonly #sodium: Sodium;
  readonly #key: Uint8Array;
  readonly #iv: DataView;
  /** How many records there were. */
  #count: number;
  #isWiped = false;
  readonly #nonce = new Uint8Array(IV_BYTES);
  readonly #nonceView = new DataView(this.#nonce.buffer);

  /**
   * @param sodium What seals short records.
   * @param secret Key and IV, {@linkcode SECRET_BYTES}; they belong to the cipher, which wipes them.
   * @param count The number of the next record.
   */
  constructor(sodium: Sodium, secret: Uint8Array, count = 0) {
    this.#sodium = sodium;
    this.#key = secret.subarray(0, KEY_BYTES);
    this.#iv = new DataView(secret.buffer, secret.byteOffset + KEY_BYTES, IV_BYTES);
    this.#count = count;
  }

  /**
   * Seals a record.
   *
   * @param type Its type.
   * @param content What is in it, `limits.recordBytes` at most.
   * @param into Where it goes: {@linkcode OVERHEAD_BYTES} more.
   * @returns The record's bytes.
   * @throws {Error} When there were as many records as one key may seal.
   */
  seal(type: number, content: Uint8Array, into: Uint8Array): number {
    const nonce = this.#nextNonce();
    const length = content.length + 1 + TAG_BYTES;
    into[0] = types.data;
    into[1] = 3;
    into[2] = 3;
    into[3] = length >>> 8;
    into[4] = length;
    const header = into.subarray(0, HEADER_BYTES);
    const sealed = into.subarray(HEADER_BYTES, HEADER_BYTES + length);
    if (content.length <= limits.shortRecordBytes) {
      this.#sodium.seal(this.#key, nonce, header, content, type, sealed);
    } else this.#sealLong(header, content, type, sealed);
    return HEADER_BYTES + length;
  }

  /**
   * Opens a record.
   *
   * @param header Its header.
   * @param sealed What is behind it, the tag at its end.
   * @returns The content and its type behind it, which hold until the next call of any cipher;
   * `undefined` where the record is not the next one that the other side sealed.
   * @throws {Error} When there were as many records as one key may seal.
   */
  open(header: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
    const nonce = this.#nextNonce();
    if (sealed.length <= limits.shortRecordBytes + 1 + TAG_BYTES) {
      return this.#sodium.open(this.#key, nonce, header, sealed);
    }
    return this.#openLong(header, sealed);
  }

  /** Forgets the key; nothing is sealed or opened after this. */
  wipe(): void {
    this.#isWiped = true;
    this.#key.fill(0);
    new Uint8Array(this.#iv.buffer, this.#iv.byteOffset, IV_BYTES).fill(0);
  }

  /** No nonce is ever given twice. */
  #nextNonce(): Uint8Array {
    if (this.#isWiped) throw new Error("its key was forgotten");
    const count = this.#count;
    if (count >= limits.maxRecordsOfKey) {
      throw new Error(`its key has sealed ${limits.maxRecordsOfKey} records`);
    }
    this.#count = count + 1;
    const [iv, nonce] = [this.#iv, this.#nonceView];
    nonce.setUint32(0, iv.getUint32(0));
    nonce.setUint32(4, iv.getUint32(4) ^ Math.floor(count / WORD));
    nonce.setUint32(8, iv.getUint32(8) ^ (count % WORD));
    return this.#nonce;
  }

  /** The runtime's own cipher has more to do for each record, and less for each byte. */
  #sealLong(header: Uint8Array, content: Uint8Array, type: number, into: Uint8Array): void {
    const cipher = createCipheriv(CIPHER, this.#key, this.#nonce, OPTIONS);
    cipher.setAAD(header, { plaintextLength: content.length + 1 });
    into.set(cipher.update(content));
    into.set(cipher.update(Uint8Array.of(type)), content.length);
    cipher.final();
    into.set(cipher.getAuthTag(), content.length + 1);
  }

  #openLong(header: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
    const end = sealed.length - TAG_BYTES;
    const decipher = createDecipheriv(CIPHER, this.#key, this.#nonce, OPTIONS);
    decipher.setAAD(header, { plaintextLength: end });
    decipher.setAuthTag(sealed.subarray(end));
    const opened = decipher.update(sealed.subarray(0, end));
    try {
      decipher.final();
    } catch {
      return undefined;
    }
    return opened;
  }
}
