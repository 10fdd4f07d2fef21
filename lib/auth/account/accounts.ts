/**
 * Accounts: made, shown, changed, disabled, removed.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import {
  type Account,
  accountId,
  accountOf,
  type AccountRecord,
  CERTIFICATE_PREFIX,
  checkCount,
  type NewAccount,
  newEpoch,
} from "./account.ts";
import type { RandomBytes } from "../proof/bytes.ts";
import type { Collection } from "../../store/collection.ts";
import type { Lockout } from "./lockout.ts";
import { checkText, foldName } from "./names.ts";
import { checkNewPassword, type PasswordPolicy } from "../proof/password_policy.ts";
import type { PasswordSignIn } from "./password_sign_in.ts";

const ROLE = new RegExp(`^[\\p{L}\\p{N}._-]{1,${limits.maxRoleLength}}$`, "u");

/** What the accounts need. */
export interface AccountsParts {
  /** The accounts. */
  readonly accounts: Collection<AccountRecord>;
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

  /**
   * Puts them together; `openIdentity` does.
   *
   * @param parts What the accounts need.
   */
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
    if (name === "local" || name.startsWith(CERTIFICATE_PREFIX)) {
      throw new DariError("invalid_params", `The name "${name}" is reserved; choose another`);
    }
    const { password, email } = account;
    const record: AccountRecord = {
      id: newEpoch(this.#parts.random),
      name,
      ...(email === undefined ? {} : { email: checkText(email, "e-mail") }),
      fields: checkFields(account.fields ?? {}),
      roles: checkRoles(account.roles ?? ["user"]),
      active: true,
      createdAtMs: this.#parts.clock.now(),
      epoch: newEpoch(this.#parts.random),
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
   * Reads an account.
   *
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

  /**
   * Reads all accounts.
   *
   * @returns All accounts, by name.
   */
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
    await this.change(
      name,
      (record) => ({ ...record, active: false, epoch: newEpoch(this.#parts.random) }),
    );
  }

  /**
   * Enables an account again; what ended stays ended but for keys and certificates.
   *
   * @param name The account's name.
   * @throws {DariError} `not_found`.
   */
  async enable(name: string): Promise<void> {
    await this.change(name, (record) => ({ ...record, active: true }));
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
    await this.change(
      name,
      (record) => ({ ...record, password: kept, epoch: newEpoch(this.#parts.random) }),
    );
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
    const record = await this.change(name, (record) => {
      const kept = record.roles.filter((role) => change.remove?.includes(role) !== true);
      const roles = checkRoles([...new Set([...kept, ...(change.add ?? [])])]);
      return { ...record, roles, epoch: newEpoch(this.#parts.random) };
    });
    return record.roles;
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
   * The account as it is stored, where there is one.
   *
   * @param folded The folded name.
   * @returns The record.
   */
  async find(folded: string): Promise<AccountRecord | null> {
    return (await this.#parts.accounts.get(accountId(folded)))?.record ?? null;
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
    const found = await this.find(folded);
    if (found === null) throw notFound(folded);
    return found;
  }

  /** Voids all sessions of an account. */
  async endSessions(name: string): Promise<void> {
    await this.change(name, (record) => ({ ...record, epoch: newEpoch(this.#parts.random) }));
  }

  /**
   * Changes an account as it is stored.
   *
   * @param name The account's name.
   * @param change Gives the changed record; it may be called several times.
   * @returns The record as it is now.
   * @throws {DariError} `not_found`.
   */
  async change(
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
    if (!ROLE.test(role)) {
      throw new DariError(
        "invalid_params",
        `${JSON.stringify(role)} is not a role; use letters, digits and ._-`,
      );
    }
  }
  return checkCount(roles, "roles");
}
