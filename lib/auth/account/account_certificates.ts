/**
 * Which account a client certificate stands for.
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

/** Which account a client certificate's identity stands for. */
export interface CertificateRecord {
  /** The identity, as the certificate has it. */
  readonly identity: string;
  /** The account's folded name. */
  readonly account: string;
  /** The account's id; another one says that the account was removed since. */
  readonly accountId: string;
}

/** Maps identities of client certificates to accounts. */
export class Certificates {
  readonly #accounts: Accounts;
  readonly #mappings: Collection<CertificateRecord>;

  /**
   * Puts it together; `openIdentity` does.
   *
   * @param accounts The accounts that they stand for.
   * @param mappings Where the mappings are kept.
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
   * @throws {DariError} `not_found`; `already_exists` when it stands for another account.
   */
  async map(name: string, identity: string): Promise<void> {
    const text = checkText(identity, "certificate's identity");
    const account = await this.#accounts.record(name);
    const owner = await this.owner(text);
    if (owner !== undefined && owner !== null && owner.name !== account.name) {
      throw new DariError("already_exists", `"${text}" stands for "${owner.name}" already`);
    }
    // First the index, then the account: only both together let anyone in.
    const mapping = { identity: text, account: account.name, accountId: account.id };
    await this.#mappings.put(certificateId(text), mapping);
    await this.#accounts.change(name, (record) => {
      const certificates = [...new Set([...record.certificates, text])];
      return { ...record, certificates: checkCount(certificates, "certificates") };
    });
  }

  /**
   * Ends that a certificate's identity stands for an account; it then stands for nobody.
   *
   * @param name The account's name.
   * @param identity The identity.
   * @throws {DariError} `not_found`.
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
   * The account that a certificate's identity stands for.
   *
   * @param identity The identity.
   * @returns The account; `null` where it stood for one and no longer does; `undefined` where it
   * never stood for any.
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
 * The id under which an identity's mapping is kept.
 *
 * @param identity The identity.
 * @returns Its SHA-256 in hexadecimal.
 */
export function certificateId(identity: string): string {
  return encodeHex(sha256(identity));
}
