/**
 * Client certificates that stand for accounts.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { DariError } from "../../base/errors.ts";
import { type AccountRecord, checkCount } from "./account.ts";
import type { Accounts } from "./accounts.ts";
import { sha256 } from "../proof/bytes.ts";
import type { Collection } from "../../store/collection.ts";
import { checkText } from "./names.ts";

/** Says which account a client certificate's identity stands for. */
export interface CertificateRecord {
  /** The identity, as the certificate has it. */
  readonly identity: string;
  /** The account's folded name. */
  readonly account: string;
  /** The account's id. Where the account has another, it was removed and made anew since. */
  readonly accountId: string;
}

/**
 * Maps identities of client certificates to accounts.
 *
 * @example
 * ```ts
 * import { openIdentity } from "@dari/dari/auth";
 * import { createMemoryStore } from "@dari/dari/store";
 * import { assertEquals } from "@std/assert";
 *
 * await using store = createMemoryStore();
 * using identity = await openIdentity(store);
 * await identity.accounts.add({ name: "alice" });
 * await identity.certificates.map("alice", "worker-1.internal");
 * assertEquals((await identity.certificates.owner("worker-1.internal"))?.name, "alice");
 * ```
 */
export class AccountCertificates {
  // Both are made by `openIdentity`; the mappings are in the store, which its opener closes.
  readonly #accounts: Accounts;
  readonly #mappings: Collection<CertificateRecord>;

  /**
   * Puts the mappings together; `openIdentity` does that.
   *
   * @param accounts The accounts that certificates stand for.
   * @param mappings The mappings in the store.
   */
  constructor(accounts: Accounts, mappings: Collection<CertificateRecord>) {
    this.#accounts = accounts;
    this.#mappings = mappings;
  }

  /**
   * Lets client certificates of an identity stand for an account.
   *
   * @param name The account's name.
   * @param identity The certificate's identity: URI or DNS SAN, or CN.
   * @throws {DariError} `not_found` when there is no such account; `already_exists` when the identity
   * stands for another account; `invalid_params` when the identity may not be used.
   */
  async map(name: string, identity: string): Promise<void> {
    const text = checkText(identity, "certificate's identity");
    const account = await this.#accounts.record(name);
    const owner = await this.owner(text);
    if (owner !== undefined && owner !== null && owner.name !== account.name) {
      throw new DariError(
        "already_exists",
        `"${text}" stands for "${owner.name}" already; unmap it there first`,
      );
    }
    // First the mapping, then the account: a certificate is accepted only where both agree.
    const mapping = { identity: text, account: account.name, accountId: account.id };
    await this.#mappings.put(certificateId(text), mapping);
    await this.#accounts.change(name, (record) => {
      const certificates = [...new Set([...record.certificates, text])];
      return { ...record, certificates: checkCount(certificates, "certificates") };
    });
  }

  /**
   * Ends a mapping. Certificates of the identity are refused from then on.
   *
   * @param name The account's name.
   * @param identity The identity.
   * @throws {DariError} `not_found` when there is no such account, or it has no such certificate.
   */
  async unmap(name: string, identity: string): Promise<void> {
    await this.#accounts.change(name, (record) => {
      if (!record.certificates.includes(identity)) {
        throw new DariError("not_found", `"${record.name}" has no certificate "${identity}"`);
      }
      const certificates = record.certificates.filter((each) => each !== identity);
      return { ...record, certificates };
    });
  }

  /**
   * Finds the account that a certificate's identity stands for.
   *
   * @param identity The identity.
   * @returns The account; `null` where the identity once stood for an account and no longer does;
   * `undefined` where it never did.
   */
  async owner(identity: string): Promise<AccountRecord | null | undefined> {
    const mapping = (await this.#mappings.get(certificateId(identity)))?.record;
    if (mapping === undefined) return undefined;
    const account = await this.#accounts.find(mapping.account);
    const holds = account?.id === mapping.accountId && account.certificates.includes(identity);
    return holds ? account : null;
  }
}

/**
 * The id under which an identity's mapping is stored.
 *
 * @param identity The identity.
 * @returns Its SHA-256 in hexadecimal.
 */
export function certificateId(identity: string): string {
  return encodeHex(sha256(identity));
}
