/**
 * The public keys of accounts.
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

/** Registers and removes public keys. */
export class PublicKeys {
  readonly #accounts: Accounts;
  readonly #clock: Clock;
  readonly #random: RandomBytes;

  /**
   * Puts it together; `openIdentity` does.
   *
   * @param accounts The accounts that they belong to.
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
   * @returns The key as it is kept.
   * @throws {DariError} `not_found`, `invalid_params`.
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
   * Removes a public key, and ends all sessions, as they may be its.
   *
   * @param name The account's name.
   * @param keyId The key's id.
   * @throws {DariError} `not_found`.
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
