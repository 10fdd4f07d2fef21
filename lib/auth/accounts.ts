/**
 * Accounts: made, shown, changed, disabled, removed.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import type { Clock } from "../base/clock.ts";
import { DariError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import {
  type Account,
  accountId,
  accountOf,
  type AccountRecord,
  type NewAccount,
} from "./account.ts";
import { type RandomBytes, sha256 } from "./bytes.ts";
import type { Collection } from "./collection.ts";
import type { Lockout } from "./lockout.ts";
import { checkText, foldName } from "./names.ts";
import { checkNewPassword, type PasswordPolicy } from "./password_policy.ts";
import type { PasswordSignIn } from "./password_sign_in.ts";
import { parsePublicKey, type PublicKeyRecord } from "./public_key.ts";

/** Which account a client certificate's identity stands for. */
export interface CertificateRecord {
  /** The identity, as the certificate has it. */
  readonly identity: string;
  /** The account's folded name. */
  readonly account: string;
  /** The account's id; another one says that the account was removed since. */
  readonly accountId: string;
}

/** What the accounts need. */
export interface AccountsParts {
  /** The accounts. */
  readonly accounts: Collection<AccountRecord>;
  /** Which certificates stand for them. */
  readonly certificates: Collection<CertificateRecord>;
  /** When they signed in last. */
  readonly signIns: Collection<{ atMs: number }>;
  /** Failures per account. */
  readonly lockout: Lockout;
  /** Hashes passwords. */
  readonly passwords: PasswordSignIn;
  /** Which passwords may be chosen. */
  readonly passwordPolicy: PasswordPolicy;
  /** The time. */
  readonly clock: Clock;
  /** Where random bytes come from. */
  readonly random: RandomBytes;
}

/** The accounts of a store. Names are taken in any spelling. */
export class Accounts {
  readonly #parts: AccountsParts;

  /** @param parts What the accounts need; `openIdentity` puts them together. */
  constructor(parts: AccountsParts) {
    this.#parts = parts;
  }

  /**
   * Makes an account.
   *
   * @param account Name, password and the rest.
   * @returns The account.
   * @throws {DariError} `already_exists`; `invalid_params` for a name or password that cannot be.
   */
  async add(account: NewAccount): Promise<Account> {
    const name = foldName(account.name);
    if (name === "local" || name.startsWith("certificate:")) {
      throw new DariError("invalid_params", `The name "${name}" is reserved; choose another`);
    }
    const { password, email } = account;
    const record: AccountRecord = {
      id: this.#newId(),
      name,
      ...(email === undefined ? {} : { email: checkText(email, "e-mail") }),
      fields: checkFields(account.fields ?? {}),
      roles: checkRoles(account.roles ?? ["user"]),
      active: true,
      createdAtMs: this.#parts.clock.now(),
      epoch: this.#newId(),
      ...(password === undefined
        ? {}
        : { password: await this.#newPassword(password, name, email) }),
      publicKeys: [],
      certificates: [],
    };
    let taken = false;
    await this.#parts.accounts.update(accountId(name), (existing) => {
      taken = existing !== null;
      return taken ? null : record;
    });
    if (taken) throw new DariError("already_exists", `There is an account "${name}" already`);
    return accountOf(record);
  }

  /**
   * @param name The account's name.
   * @returns The account without its secrets.
   * @throws {DariError} `not_found`.
   */
  async get(name: string): Promise<Account> {
    const record = await this.record(name);
    const signIn = await this.#parts.signIns.get(accountId(record.name));
    const lockedUntilMs = await this.#parts.lockout.lockedUntilMs(record.name);
    return accountOf(record, {
      ...(signIn === null ? {} : { lastSignInAtMs: signIn.record.atMs }),
      ...(lockedUntilMs === undefined ? {} : { lockedUntilMs }),
    });
  }

  /** @returns All accounts, by name. */
  async list(): Promise<Account[]> {
    const records = await this.#parts.accounts.list();
    const accounts = await Promise.all(records.map((record) => this.get(record.name)));
    return accounts.sort((left, right) => left.name < right.name ? -1 : 1);
  }

  /**
   * Disables an account: one write that ends its sessions, keys, certificates and connections.
   *
   * @param name The account's name.
   * @throws {DariError} `not_found`.
   */
  async disable(name: string): Promise<void> {
    await this.#change(name, (record) => ({ ...record, active: false, epoch: this.#newId() }));
  }

  /**
   * Enables an account again; what ended stays ended but for keys and certificates.
   *
   * @param name The account's name.
   * @throws {DariError} `not_found`.
   */
  async enable(name: string): Promise<void> {
    await this.#change(name, (record) => ({ ...record, active: true }));
  }

  /**
   * Ends an account's lock.
   *
   * @param name The account's name.
   * @throws {DariError} `not_found`.
   */
  async unlock(name: string): Promise<void> {
    await this.#parts.lockout.clear((await this.record(name)).name);
  }

  /**
   * Sets a password, and ends all sessions.
   *
   * @param name The account's name.
   * @param password The new password.
   * @throws {DariError} `not_found`; `invalid_params` when it may not be chosen.
   */
  async setPassword(name: string, password: string): Promise<void> {
    const { name: folded, email } = await this.record(name);
    const kept = await this.#newPassword(password, folded, email);
    await this.#change(name, (record) => ({ ...record, password: kept, epoch: this.#newId() }));
    await this.#parts.lockout.clear(folded);
  }

  /**
   * Gives and takes roles, and ends all sessions: clients get a new token at a change of rights.
   *
   * @param name The account's name.
   * @param change The roles to add and to remove.
   * @returns The roles that it has now.
   * @throws {DariError} `not_found`, `invalid_params`.
   */
  async grant(
    name: string,
    change: { add?: readonly string[]; remove?: readonly string[] },
  ): Promise<readonly string[]> {
    const record = await this.#change(name, (record) => {
      const kept = record.roles.filter((role) => change.remove?.includes(role) !== true);
      const roles = checkRoles([...new Set([...kept, ...(change.add ?? [])])]);
      return { ...record, roles, epoch: this.#newId() };
    });
    return record.roles;
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
  async addPublicKey(
    name: string,
    pem: string,
    options: { name?: string; decrypts?: boolean } = {},
  ): Promise<PublicKeyRecord> {
    const key = await parsePublicKey(pem, { ...options, createdAtMs: this.#parts.clock.now() });
    checkText(key.name, "key's name");
    await this.#change(name, (record) => {
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
  async removePublicKey(name: string, keyId: string): Promise<void> {
    await this.#change(name, (record) => {
      const publicKeys = record.publicKeys.filter(({ id }) => id !== keyId);
      if (publicKeys.length === record.publicKeys.length) {
        throw new DariError("not_found", `"${record.name}" has no public key "${keyId}"`);
      }
      return { ...record, publicKeys, epoch: this.#newId() };
    });
  }

  /**
   * Lets client certificates of an identity stand for an account.
   *
   * @param name The account's name.
   * @param identity The certificate's identity: URI or DNS SAN, or CN.
   * @throws {DariError} `not_found`; `already_exists` when it stands for another account.
   */
  async mapCertificate(name: string, identity: string): Promise<void> {
    const text = checkText(identity, "certificate's identity");
    const account = await this.record(name);
    const owner = await this.certificateOwner(text);
    if (owner !== undefined && owner !== null && owner.name !== account.name) {
      throw new DariError("already_exists", `"${text}" stands for "${owner.name}" already`);
    }
    // First the index, then the account: only both together let anyone in.
    const mapping = { identity: text, account: account.name, accountId: account.id };
    await this.#parts.certificates.put(await certificateId(text), mapping);
    await this.#change(name, (record) => {
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
  async unmapCertificate(name: string, identity: string): Promise<void> {
    await this.#change(name, (record) => {
      if (!record.certificates.includes(identity)) {
        throw new DariError("not_found", `"${record.name}" has no certificate "${identity}"`);
      }
      const certificates = record.certificates.filter((each) => each !== identity);
      return { ...record, certificates };
    });
  }

  /**
   * Removes an account; its sessions, keys and certificates stand for nobody from then on, also
   * when a new account gets its name.
   *
   * @param name The account's name.
   * @throws {DariError} `not_found`.
   */
  async remove(name: string): Promise<void> {
    const { name: folded } = await this.record(name);
    if (!(await this.#parts.accounts.delete(accountId(folded)))) throw notFound(folded);
    await this.#parts.signIns.delete(accountId(folded));
    await this.#parts.lockout.clear(folded);
  }

  /**
   * The account as it is stored.
   *
   * @param name The account's name.
   * @returns The record.
   * @throws {DariError} `not_found`.
   */
  async record(name: string): Promise<AccountRecord> {
    const folded = foldName(name);
    const found = await this.#parts.accounts.get(accountId(folded));
    if (found === null) throw notFound(folded);
    return found.record;
  }

  /**
   * The account that a certificate's identity stands for.
   *
   * @param identity The identity.
   * @returns The account; `null` where it stood for one and no longer does; `undefined` where it
   * never stood for any.
   */
  async certificateOwner(identity: string): Promise<AccountRecord | null | undefined> {
    const mapping = (await this.#parts.certificates.get(await certificateId(identity)))?.record;
    if (mapping === undefined) return undefined;
    const account = (await this.#parts.accounts.get(accountId(mapping.account)))?.record;
    const holds = account?.id === mapping.accountId && account.certificates.includes(identity);
    return holds ? account : null;
  }

  /** Writes down that an account signed in now. */
  async signedIn(name: string): Promise<void> {
    await this.#parts.signIns.put(accountId(name), { atMs: this.#parts.clock.now() });
  }

  /** Voids all sessions of an account. */
  async endSessions(name: string): Promise<void> {
    await this.#change(name, (record) => ({ ...record, epoch: this.#newId() }));
  }

  async #change(
    name: string,
    change: (record: AccountRecord) => AccountRecord,
  ): Promise<AccountRecord> {
    const folded = foldName(name);
    const after = await this.#parts.accounts.update(
      accountId(folded),
      (record) => record === null ? null : change(record),
    );
    if (after === null) throw notFound(folded);
    return after;
  }

  async #newPassword(
    password: string,
    name: string,
    email = "",
  ): Promise<AccountRecord["password"] & object> {
    const names = [name, email, email.split("@")[0] ?? ""];
    await checkNewPassword(password, names, this.#parts.passwordPolicy);
    return await this.#parts.passwords.passwordRecord(password);
  }

  #newId(): string {
    return encodeHex(this.#parts.random(16));
  }
}

async function certificateId(identity: string): Promise<string> {
  return encodeHex(await sha256(identity));
}

function notFound(name: string): DariError {
  return new DariError("not_found", `There is no account "${name}"`);
}

function checkFields(fields: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(fields);
  checkCount(entries, "extra fields");
  return Object.fromEntries(
    entries.map(([name, value]) => [checkText(name, "field's name"), checkText(value, name)]),
  );
}

function checkRoles(roles: readonly string[]): readonly string[] {
  for (const role of roles) {
    if (!/^[\p{L}\p{N}._-]{1,64}$/u.test(role)) {
      throw new DariError(
        "invalid_params",
        `${JSON.stringify(role)} is not a role; use letters, digits and ._-`,
      );
    }
  }
  return checkCount(roles, "roles");
}

function checkCount<T>(items: readonly T[], what: string): readonly T[] {
  if (items.length <= limits.maxAccountItems) return items;
  throw new DariError("invalid_params", `An account has at most ${limits.maxAccountItems} ${what}`);
}
