/**
 * Client certificates that stand for accounts.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { DariError } from "../../base/errors.ts";
import { type Collection, untilNoConflict } from "../../store/collection.ts";
import type { Store } from "../../store/store.ts";
import { sha256 } from "../proof/bytes.ts";
import { accountId, type AccountRecord, checkCount } from "./account.ts";
import type { Accounts } from "./accounts.ts";
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

/** What the mappings need. Nothing of it has an end but the store, which its opener closes. */
export interface AccountCertificatesParts {
  /** Where a mapping and its account are written in one batch. */
  readonly store: Pick<Store, "batch">;
  /** The accounts that certificates stand for. */
  readonly accounts: Accounts;
  /** The same accounts, as they are stored. */
  readonly records: Collection<AccountRecord>;
  /** The mappings in the store. */
  readonly mappings: Collection<CertificateRecord>;
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
  readonly #parts: AccountCertificatesParts;

  /**
   * Puts the mappings together; `openIdentity` does that.
   *
   * @param parts What the mappings need.
   */
  constructor(parts: AccountCertificatesParts) {
    this.#parts = parts;
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
    await untilNoConflict(() => this.#map(name, text));
  }

  /** One write for both, on condition that neither changed since: two accounts never share an identity. */
  async #map(name: string, identity: string): Promise<void> {
    const { store, accounts, records, mappings } = this.#parts;
    const before = await mappings.get(certificateId(identity));
    const owner = before === null ? null : await this.#holder(before.record);
    const { name: folded } = await accounts.record(name);
    const account = await records.get(accountId(folded));
    if (account === null) throw new DariError("not_found", `There is no account "${folded}"`);
    if (owner !== null && owner.name !== folded) {
      throw new DariError(
        "already_exists",
        `"${identity}" stands for "${owner.name}" already; unmap it there first`,
      );
    }
    const certificates = [...new Set([...account.record.certificates, identity])];
    checkCount(certificates, "certificates");
    const mapping = { identity, account: folded, accountId: account.record.id };
    await store.batch([
      mappings.putting(certificateId(identity), mapping, { ifVersion: before?.version ?? 0 }),
      records.putting(accountId(folded), { ...account.record, certificates }, {
        ifVersion: account.version,
      }),
    ]);
  }

  /**
   * Ends a mapping. Certificates of the identity are refused from then on.
   *
   * @param name The account's name.
   * @param identity The identity.
   * @throws {DariError} `not_found` when there is no such account, or it has no such certificate.
   */
  async unmap(name: string, identity: string): Promise<void> {
    await this.#parts.accounts.change(name, (record) => {
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
    const mapping = (await this.#parts.mappings.get(certificateId(identity)))?.record;
    return mapping === undefined ? undefined : await this.#holder(mapping);
  }

  /** The account of a mapping, where it still agrees. */
  async #holder({ identity, account: name, accountId }: CertificateRecord): Promise<
    AccountRecord | null
  > {
    const account = await this.#parts.accounts.find(name);
    return account?.id === accountId && account.certificates.includes(identity) ? account : null;
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
