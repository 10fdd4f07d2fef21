/**
 * AES-256-GCM for the records of a log. A short record is sealed and opened at once: a thread of Web Crypto
 * costs a turn of the event loop for each, and several times the work of the cipher. For a long one the
 * thread is faster, and this one goes on meanwhile. The bytes are the same.
 *
 * @see NIST SP 800-38D
 * @module
 */

import { createCipheriv, createDecipheriv } from "node:crypto"; // Web Crypto never answers at once
import { limits } from "../../base/limits.ts";

/** Bytes that are not shared with other threads, as Web Crypto takes them. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** How much longer what is sealed is. */
export const TAG_BYTES = 16;

const NAME = "aes-256-gcm";

/** Seals and opens under one key. */
export class RecordCipher {
  readonly #key: Bytes;
  /** The key for Web Crypto, once a long record needs it. */
  #threaded: Promise<CryptoKey> | undefined;

  /** @param key The key: 32 bytes. */
  constructor(key: Bytes) {
    this.#key = key;
  }

  /**
   * Seals a record.
   *
   * @param header What stands before it, as it is.
   * @param body The record.
   * @param nonce 12 bytes, which no other record of this key has.
   * @param beside What is authenticated with it.
   * @returns The header, the sealed record and its tag.
   */
  seal(header: Bytes, body: Bytes, nonce: Bytes, beside: Bytes): Bytes | Promise<Bytes> {
    if (body.length > limits.maxSealAtOnceBytes) {
      return this.#sealLong(header, body, nonce, beside);
    }
    const cipher = createCipheriv(NAME, this.#key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(beside);
    const message = new Uint8Array(header.length + body.length + TAG_BYTES);
    message.set(header);
    message.set(cipher.update(body), header.length);
    cipher.final();
    message.set(cipher.getAuthTag(), header.length + body.length);
    return message;
  }

  /**
   * Opens a record.
   *
   * @param sealed The sealed record and its tag.
   * @param nonce Its nonce.
   * @param beside What was authenticated with it.
   * @returns The record; `undefined` where it was sealed otherwise, or changed.
   */
  open(
    sealed: Uint8Array,
    nonce: Bytes,
    beside: Bytes,
  ): Bytes | undefined | Promise<Bytes | undefined> {
    const length = sealed.length - TAG_BYTES;
    if (length > limits.maxSealAtOnceBytes) return this.#openLong(sealed, nonce, beside);
    const cipher = createDecipheriv(NAME, this.#key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(beside);
    cipher.setAuthTag(sealed.subarray(length));
    try {
      const body = cipher.update(sealed.subarray(0, length));
      cipher.final(); // throws where the tag is another one
      return Uint8Array.from(body);
    } catch {
      return undefined;
    }
  }

  async #sealLong(header: Bytes, body: Bytes, nonce: Bytes, beside: Bytes): Promise<Bytes> {
    const sealed = await crypto.subtle.encrypt(
      threaded(nonce, beside),
      await this.#forThreads(),
      body,
    );
    const message = new Uint8Array(header.length + sealed.byteLength);
    message.set(header);
    message.set(new Uint8Array(sealed), header.length);
    return message;
  }

  async #openLong(sealed: Uint8Array, nonce: Bytes, beside: Bytes): Promise<Bytes | undefined> {
    const bytes = Uint8Array.from(sealed);
    try {
      const key = await this.#forThreads();
      return new Uint8Array(await crypto.subtle.decrypt(threaded(nonce, beside), key, bytes));
    } catch {
      return undefined;
    }
  }

  #forThreads(): Promise<CryptoKey> {
    return this.#threaded ??= crypto.subtle.importKey("raw", this.#key, "AES-GCM", false, [
      "encrypt",
      "decrypt",
    ]);
  }
}

function threaded(iv: Bytes, additionalData: Bytes): AesGcmParams {
  return { name: "AES-GCM", iv, additionalData };
}
