/**
 * The public keys with which accounts sign in.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { checkCount, newEpoch } from "./account.ts";
import type { Accounts } from "./accounts.ts";
import type { RandomBytes } from "../proof/bytes.ts";
import { checkText } from "./names.ts";
import { parsePublicKey, type PublicKeyRecord } from "../proof/public_key.ts";

/**
 * Registers and removes public keys.
 *
 * @example
 * ```ts
 * import { openIdentity } from "@dari/dari/auth";
 * import { createMemoryStore } from "@dari/dari/store";
 * import { encodeBase64 } from "@std/encoding/base64";
 * import { assertEquals } from "@std/assert";
 *
 * const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
 * const spki = await crypto.subtle.exportKey("spki", (pair as CryptoKeyPair).publicKey);
 * const pem = `-----BEGIN PUBLIC KEY-----\n${encodeBase64(spki)}\n-----END PUBLIC KEY-----\n`;
 *
 * await using store = createMemoryStore();
 * using identity = await openIdentity(store);
 * await identity.accounts.add({ name: "alice" });
 * const key = await identity.publicKeys.add("alice", pem, { name: "laptop" });
 * assertEquals((await identity.accounts.get("alice")).publicKeys, [key]);
 * ```
 */
export class PublicKeys {
  // All three are made by `openIdentity` and need no end.
  readonly #accounts: Accounts;
  readonly #clock: Clock;
  readonly #random: RandomBytes;

  /**
   * Puts the public keys together; `openIdentity` does that.
   *
   * @param accounts The accounts that the keys belong to.
   * @param clock The time.
   * @param random Where random bytes come from.
   */
  constructor(accounts: Accounts, clock: Clock, random: RandomBytes) {
    this.#accounts = accounts;
    this.#clock = clock;
    this.#random = random;
  }

  /**
   * Registers a public key that signs the account in.
   *
   * @param name The account's name.
   * @param pem The key: Ed25519, P-256 or RSA, as SPKI PEM.
   * @param options The key's name, and whether an RSA key proves itself by decrypting.
   * @returns The key as it is stored.
   * @throws {DariError} `not_found` when there is no such account; `invalid_params` when the key or its
   * name may not be used.
   */
  async add(
    name: string,
    pem: string,
    options: { name?: string; decrypts?: boolean } = {},
  ): Promise<PublicKeyRecord> {
    const key = await parsePublicKey(pem, { ...options, createdAtMs: this.#clock.now() });
    checkText(key.name, "key's name");
    await this.#accounts.change(name, (record) => {
      const others = record.publicKeys.filter(({ id, algorithm }) =>
        id !== key.id || algorithm !== key.algorithm
      );
      return { ...record, publicKeys: checkCount([...others, key], "public keys") };
    });
    return key;
  }

  /**
   * Removes a public key, and ends all sessions of the account: any of them may be that key's.
   *
   * @param name The account's name.
   * @param keyId The key's id.
   * @throws {DariError} `not_found` when there is no such account or key.
   */
  async remove(name: string, keyId: string): Promise<void> {
    await this.#accounts.change(name, (record) => {
      const publicKeys = record.publicKeys.filter(({ id }) => id !== keyId);
      if (publicKeys.length === record.publicKeys.length) {
        throw new DariError("not_found", `"${record.name}" has no public key "${keyId}"`);
      }
      return { ...record, publicKeys, epoch: newEpoch(this.#random) };
    });
  }
}
