/**
 * Decoys: what the server sends for accounts that do not exist, so that they cannot be told from
 * others. They are derived from the store's secret, so every server of the store sends the same ones.
 *
 * @module
 */

import { encodeBase64 } from "@std/encoding/base64";
import { limits } from "../../base/limits.ts";
import { type Bytes, hmacSha256, importHmacKey } from "../proof/bytes.ts";
import { ALGORITHMS, createDecoyKey, type PublicKeyRecord } from "../proof/public_key.ts";
import type { ScramVerifier } from "../proof/scram.ts";

/** Makes decoys. */
export class Decoys {
  /** Of the store's secret, which the first server put there; imported when it is first needed. */
  #key: Promise<CryptoKey> | undefined;
  readonly #secret: Bytes;
  /** Made here, one key of each algorithm, when it is first needed. */
  readonly #keys = new Map<number, Promise<PublicKeyRecord>>();

  /**
   * Takes the secret.
   *
   * @param secret The store's secret.
   */
  constructor(secret: Bytes) {
    this.#secret = secret;
  }

  /**
   * Makes a SCRAM verifier that no password fits.
   *
   * @param name The name in the sign-in; the same one always gets the same salt.
   * @param iterations The iterations of new passwords.
   * @returns The verifier.
   */
  async scramVerifier(name: string, iterations: number): Promise<ScramVerifier> {
    const salt = await this.#derive(`scram salt ${name}`);
    const key = encodeBase64(await this.#derive("scram key"));
    return {
      iterations,
      salt: encodeBase64(salt.slice(0, limits.passwordSaltBytes)),
      storedKey: key,
      serverKey: key,
    };
  }

  /**
   * Gives a public key without a known private key.
   *
   * @param question What the client asked for; the same question always gets the same algorithm.
   * @returns The key.
   */
  async publicKey(question: string): Promise<PublicKeyRecord> {
    const [random = 0] = await this.#derive(`challenge ${question}`);
    const index = random % ALGORITHMS.length;
    const made = this.#keys.get(index) ?? createDecoyKey(ALGORITHMS[index] ?? "Ed25519");
    this.#keys.set(index, made);
    return await made;
  }

  async #derive(what: string): Promise<Bytes> {
    this.#key ??= importHmacKey(this.#secret);
    return await hmacSha256(await this.#key, what);
  }
}
