/**
 * The accounts: adding, reading, changing, disabling and removing them.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import type { Collection } from "../../store/collection.ts";
import type { PolicyInUse } from "../policy/policy_in_use.ts";
import type { RandomBytes } from "../proof/bytes.ts";
import type { DerivationQueue } from "../proof/derive.ts";
import { checkNewPassword, type PasswordPolicy } from "../proof/password_policy.ts";
import {
  type Account,
  accountId,
  accountOf,
  type AccountRecord,
  checkNewName,
  checkRoles,
  createAccountRecord,
  type NewAccount,
  newEpoch,
} from "./account.ts";
import type { Lockout } from "./lockout.ts";
import { foldName } from "./names.ts";
import { createPasswordRecord, type PasswordRecord } from "./password_record.ts";

/** What the accounts need. Nothing of it has an end but the store, which its opener closes. */
export interface AccountsParts {
  /** The accounts in the store. */
  readonly records: Collection<AccountRecord>;
  /** In the store: when accounts signed in last. Sessions write it. */
  readonly signIns: Collection<{ atMs: number }>;
  /** In the store: second factors, which end with their account. */
  readonly factorRecords: Pick<Collection<object>, "delete">;
  /** Failed attempts; shared with the sign-in by password, which counts them. */
  readonly lockout: Lockout;
  /** Where derivations wait for a core; shared with the sign-in by password. */
  readonly queue: DerivationQueue;
  /** PBKDF2 iterations of new passwords. */
  readonly iterations: number;
  /** Knows the roles that accounts may have. */
  readonly policy: Pick<PolicyInUse, "checkRoles">;
  /** Which passwords may be chosen. */
  readonly passwordPolicy: PasswordPolicy;
  /** The time. */
  readonly clock: Clock;
  /** Where random bytes come from. */
  readonly random: RandomBytes;
}

/**
 * The accounts of a store. Every method takes an account's name in any spelling.
 *
 * @example
 * ```ts
 * import { openIdentity } from "@dari/dari/auth";
 * import { createMemoryStore } from "@dari/dari/store";
 * import { assertEquals } from "@std/assert";
 *
 * await using store = createMemoryStore();
 * using identity = await openIdentity(store);
 * await identity.accounts.add({ name: "Alice", email: "alice@example.com" });
 * await identity.accounts.grant("ALICE", { add: ["admin"] });
 * assertEquals((await identity.accounts.get("alice")).roles, ["user", "admin"]);
 * ```
 */
export class Accounts {
  readonly #parts: AccountsParts;

  /**
   * Puts the accounts together; `openIdentity` does that.
   *
   * @param parts What the accounts need.
   */
  constructor(parts: AccountsParts) {
    this.#parts = parts;
  }

  /**
   * Adds an account.
   *
   * @param account Name, password and the rest.
   * @returns The account.
   * @throws {DariError} `already_exists` when the name is taken; `invalid_params` when the name, the
   * password or a field may not be used, or the policy has not such a role.
   */
  async add(account: NewAccount): Promise<Account> {
    const name = checkNewName(account.name);
    const { clock, random, records, policy } = this.#parts;
    const { password, email, roles = [] } = account;
    const record = createAccountRecord({ ...account, name }, random, clock.now());
    policy.checkRoles(roles);
    const secret = password === undefined
      ? {}
      : { password: await this.#newPassword(password, name, email) };
    let taken = false;
    await records.update(accountId(name), (existing) => {
      taken = existing !== null;
      return taken ? null : { ...record, ...secret };
    });
    if (taken) {
      throw new DariError("already_exists", `The account "${name}" exists already; choose another`);
    }
    return accountOf({ ...record, ...secret });
  }

  /**
   * Reads an account.
   *
   * @param name The account's name.
   * @returns The account without its secrets.
   * @throws {DariError} `not_found` when there is no such account.
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

  /** Reads all accounts, by name. */
  async list(): Promise<Account[]> {
    const accounts = await Promise.all((await this.records()).map(({ name }) => this.get(name)));
    return accounts.sort((left, right) => left.name < right.name ? -1 : 1);
  }

  /**
   * Disables an account: one write that ends its sessions, keys, certificates and connections.
   *
   * @param name The account's name.
   * @throws {DariError} `not_found` when there is no such account.
   */
  async disable(name: string): Promise<void> {
    const epoch = newEpoch(this.#parts.random);
    await this.change(name, (record) => ({ ...record, active: false, epoch }));
  }

  /**
   * Enables a disabled account: its password, keys and certificates work again, its sessions do not.
   *
   * @param name The account's name.
   * @throws {DariError} `not_found` when there is no such account.
   */
  async enable(name: string): Promise<void> {
    await this.change(name, (record) => ({ ...record, active: true }));
  }

  /**
   * Ends an account's lock.
   *
   * @param name The account's name.
   * @throws {DariError} `not_found` when there is no such account.
   */
  async unlock(name: string): Promise<void> {
    await this.#parts.lockout.clear((await this.record(name)).name);
  }

  /**
   * Sets a password, and ends the account's lock and all its sessions.
   *
   * @param name The account's name.
   * @param password The new password.
   * @throws {DariError} `not_found` when there is no such account; `invalid_params` when the password
   * may not be chosen.
   */
  async setPassword(name: string, password: string): Promise<void> {
    const { name: folded, email } = await this.record(name);
    const stored = await this.#newPassword(password, folded, email);
    const epoch = newEpoch(this.#parts.random);
    await this.change(name, (record) => ({ ...record, password: stored, epoch }));
    await this.#parts.lockout.clear(folded);
  }

  /**
   * Stores the same password under stronger parameters, unless it was changed meanwhile.
   *
   * @param account The account as it was when the password was verified.
   * @param stronger The new record of that password.
   */
  async strengthenPassword(account: AccountRecord, stronger: PasswordRecord): Promise<void> {
    await this.#parts.records.update(accountId(account.name), (now) => {
      const unchanged = now?.password !== undefined && now.password.phc === account.password?.phc;
      return unchanged ? { ...now, password: stronger } : null;
    });
  }

  /**
   * Adds and removes roles, and ends all sessions: clients get a new token after a change of rights.
   *
   * @param name The account's name.
   * @param change The roles to add and to remove.
   * @returns The roles that the account has now.
   * @throws {DariError} `not_found` for the account; `invalid_params` for a role that the policy does
   * not have.
   */
  async grant(
    name: string,
    change: { add?: readonly string[]; remove?: readonly string[] },
  ): Promise<readonly string[]> {
    this.#parts.policy.checkRoles(checkRoles(change.add ?? []));
    const epoch = newEpoch(this.#parts.random);
    const record = await this.change(name, (record) => {
      const kept = record.roles.filter((role) => change.remove?.includes(role) !== true);
      const roles = checkRoles([...new Set([...kept, ...(change.add ?? [])])]);
      return { ...record, roles, epoch };
    });
    return record.roles;
  }

  /**
   * Removes an account. Its sessions, keys and certificates are void from then on, also when a new
   * account gets the same name.
   *
   * @param name The account's name.
   * @throws {DariError} `not_found` when there is no such account.
   */
  async remove(name: string): Promise<void> {
    const { name: folded } = await this.record(name);
    if (!(await this.#parts.records.delete(accountId(folded)))) throw notFound(folded);
    await this.#parts.signIns.delete(accountId(folded));
    await this.#parts.factorRecords.delete(accountId(folded));
    await this.#parts.lockout.clear(folded);
  }

  /**
   * Reads an account as it is stored, where there is one.
   *
   * @param folded The folded name.
   * @returns The record, or `null`.
   */
  async find(folded: string): Promise<AccountRecord | null> {
    return (await this.#parts.records.get(accountId(folded)))?.record ?? null;
  }

  /**
   * Reads an account as it is stored.
   *
   * @param name The account's name.
   * @returns The record.
   * @throws {DariError} `not_found` when there is no such account.
   */
  async record(name: string): Promise<AccountRecord> {
    const folded = foldName(name);
    const found = await this.find(folded);
    if (found === null) throw notFound(folded);
    return found;
  }

  /** Reads all accounts as they are stored. */
  records(): Promise<AccountRecord[]> {
    return this.#parts.records.list();
  }

  /**
   * Ends all sessions of an account.
   *
   * @param name The account's name.
   * @throws {DariError} `not_found` when there is no such account.
   */
  async endSessions(name: string): Promise<void> {
    const epoch = newEpoch(this.#parts.random);
    await this.change(name, (record) => ({ ...record, epoch }));
  }

  /**
   * Changes an account as it is stored.
   *
   * @param name The account's name.
   * @param change Returns the changed record; called again when another writer was faster.
   * @returns The record as it is now.
   * @throws {DariError} `not_found` when there is no such account.
   */
  async change(
    name: string,
    change: (record: AccountRecord) => AccountRecord,
  ): Promise<AccountRecord> {
    const folded = foldName(name);
    const after = await this.#parts.records.update(
      accountId(folded),
      (record) => record === null ? null : change(record),
    );
    if (after === null) throw notFound(folded);
    return after;
  }

  async #newPassword(password: string, name: string, email = ""): Promise<PasswordRecord> {
    const { passwordPolicy, queue, iterations, random } = this.#parts;
    await checkNewPassword(password, [name, email, email.split("@")[0] ?? ""], passwordPolicy);
    return await queue.run(() => createPasswordRecord(password, { iterations, random }));
  }
}

function notFound(name: string): DariError {
  return new DariError("not_found", `There is no account "${name}"`);
}
