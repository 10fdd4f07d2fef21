/**
 * Secrets that the server has to read again, encrypted for the store.
 *
 * @module
 */

import { decodeBase64Url, encodeBase64Url } from "@std/encoding/base64url";
import { DariError } from "../../base/errors.ts";
import { type Bytes, hmacSha256, importHmacKey, type RandomBytes, utf8 } from "../proof/bytes.ts";

/** The length of the nonce of AES-GCM. */
const NONCE = 12;

/** Encrypts and decrypts by AES-256-GCM, under a key that is derived from the store's secret. */
export class Sealing {
  readonly #secret: Bytes;
  readonly #purpose: string;
  readonly #random: RandomBytes;
  /** Derived when it is first needed. */
  #cipherKey: Promise<CryptoKey> | undefined;
  #hashKey: Promise<CryptoKey> | undefined;

  /**
   * Takes the secret.
   *
   * @param secret The store's secret.
   * @param purpose What is encrypted: each purpose has a key of its own.
   * @param random Where random bytes come from.
   */
  constructor(secret: Bytes, purpose: string, random: RandomBytes) {
    this.#secret = secret;
    this.#purpose = purpose;
    this.#random = random;
  }

  /** A key for hashes of the same purpose. */
  hashKey(): Promise<CryptoKey> {
    return this.#hashKey ??= this.#derive("hash").then(importHmacKey);
  }

  /**
   * Encrypts.
   *
   * @param plain The secret.
   * @param owner Whose it is; only with the same owner it can be read again.
   * @returns The text for the store.
   */
  async seal(plain: Bytes, owner: string): Promise<string> {
    const nonce = this.#random(NONCE);
    const algorithm = { name: "AES-GCM", iv: nonce, additionalData: utf8(owner) };
    const sealed = await crypto.subtle.encrypt(algorithm, await this.#cipher(), plain);
    return encodeBase64Url(new Uint8Array([...nonce, ...new Uint8Array(sealed)]));
  }

  /**
   * Decrypts.
   *
   * @param text The text from the store.
   * @param owner Whose it is.
   * @returns The secret.
   * @throws {DariError} `data` where the text was changed, or belongs to another owner or store.
   */
  async open(text: string, owner: string): Promise<Bytes> {
    try {
      const bytes = decodeBase64Url(text);
      const algorithm = {
        name: "AES-GCM",
        iv: bytes.slice(0, NONCE),
        additionalData: utf8(owner),
      };
      const plain = await crypto.subtle.decrypt(
        algorithm,
        await this.#cipher(),
        bytes.slice(NONCE),
      );
      return new Uint8Array(plain);
    } catch (cause) {
      const message =
        `A stored ${this.#purpose} cannot be decrypted; restore a backup, or remove it`;
      throw new DariError("data", message, { cause });
    }
  }

  #cipher(): Promise<CryptoKey> {
    return this.#cipherKey ??= this.#derive("encryption").then((key) =>
      crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt", "decrypt"])
    );
  }

  #derive(use: string): Promise<Bytes> {
    return hmacSha256(this.#secret, `dari ${this.#purpose} ${use}`);
  }
}
