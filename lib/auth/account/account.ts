/**
 * An account: what is stored of it, and what an administrator may see.
 *
 * @module
 */

import { encodeBase64Url } from "@std/encoding/base64url";
import { encodeHex } from "@std/encoding/hex";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { RandomBytes } from "../proof/bytes.ts";
import type { PublicKeyRecord } from "../proof/public_key.ts";
import { checkText, foldName, INVISIBLE } from "./names.ts";
import type { PasswordRecord } from "./password_record.ts";

/** The prefix of the names of certificates that stand for no account; no account has such a name. */
export const CERTIFICATE_PREFIX = "certificate:";

const ROLE = new RegExp(`^[\\p{L}\\p{N}._-]{1,${limits.maxRoleLength}}$`, "u");

/** An account as it is stored, under the id of its name. */
export interface AccountRecord {
  /**
   * Random for each account: what belonged to a removed account is void for a new one of the same
   * name.
   */
  readonly id: string;
  /** The folded name. */
  readonly name: string;
  /** E-mail, where given. */
  readonly email?: string;
  /** Extra fields. */
  readonly fields: Readonly<Record<string, string>>;
  /** Its roles. */
  readonly roles: readonly string[];
  /** Whether any of its credentials is accepted. */
  readonly active: boolean;
  /** When it was made. */
  readonly createdAtMs: number;
  /**
   * Random, and new after every change of password or rights. A session is void unless it has the
   * account's epoch, so one write ends all sessions.
   */
  readonly epoch: string;
  /** Its password, where it has one. */
  readonly password?: PasswordRecord;
  /** Public keys that sign it in. */
  readonly publicKeys: readonly PublicKeyRecord[];
  /** Identities of client certificates that stand for it. */
  readonly certificates: readonly string[];
}

/** An account as its administrator sees it: no secrets. Times are milliseconds since the epoch. */
export interface Account extends Omit<AccountRecord, "id" | "epoch" | "password"> {
  /** When it signed in last. */
  readonly lastSignInAtMs?: number;
  /** Until when sign-in by password is locked. */
  readonly lockedUntilMs?: number;
  /** Whether it has a password. */
  readonly hasPassword: boolean;
  /** The PBKDF2 iterations of its password, where it has one. */
  readonly passwordIterations?: number;
}

/** What those are called in records and leases who have no account. */
const RESERVED: ReadonlySet<string> = new Set(["local", "server", "stranger"]);
const RESERVED_PREFIXES = [CERTIFICATE_PREFIX, "os:"];

/** An account to be made. */
export interface NewAccount {
  /** Its name, in any spelling. */
  readonly name: string;
  /** Its password; without one, only keys and certificates sign it in. */
  readonly password?: string;
  /** E-mail. */
  readonly email?: string;
  /** Extra fields. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Its roles. @default {["user"]} */
  readonly roles?: readonly string[];
}

/**
 * Folds the name of an account to be made.
 *
 * @param name The name, in any spelling.
 * @returns The folded name.
 * @throws {DariError} `invalid_params` when it may not be used, or is reserved.
 */
export function checkNewName(name: string): string {
  const folded = foldName(name);
  const isReserved = RESERVED.has(folded) ||
    RESERVED_PREFIXES.some((prefix) => folded.startsWith(prefix));
  if (!isReserved) return folded;
  throw new DariError("invalid_params", `The name "${folded}" is reserved; choose another`);
}

/**
 * Makes the record of a new account, yet without a password.
 *
 * @param account What it shall have; the name is folded.
 * @param random Where random bytes come from.
 * @param createdAtMs The time, in milliseconds since the epoch.
 * @returns The record.
 * @throws {DariError} `invalid_params` when a role, the e-mail or a field may not be used.
 */
export function createAccountRecord(
  account: NewAccount,
  random: RandomBytes,
  createdAtMs: number,
): AccountRecord {
  const { name, email, fields = {}, roles = ["user"] } = account;
  return {
    id: newEpoch(random),
    name,
    ...(email === undefined ? {} : { email: checkText(email, "e-mail") }),
    fields: checkFields(fields),
    roles: checkRoles(roles),
    active: true,
    createdAtMs,
    epoch: newEpoch(random),
    publicKeys: [],
    certificates: [],
  };
}

/**
 * Leaves the secrets of an account out.
 *
 * @param record The account as it is stored.
 * @param facts What is stored beside it.
 * @returns What an administrator may see.
 */
export function accountOf(
  record: AccountRecord,
  facts: { lastSignInAtMs?: number; lockedUntilMs?: number } = {},
): Account {
  const { id: _id, epoch: _epoch, password, ...visible } = record;
  return {
    ...visible,
    ...facts,
    hasPassword: password !== undefined,
    ...(password !== undefined && { passwordIterations: password.scram.iterations }),
  };
}

/**
 * The id under which an account is stored.
 *
 * @param name The folded name.
 * @returns Its base64url.
 */
export function accountId(name: string): string {
  return encodeBase64Url(name);
}

/**
 * Sorts what belongs to accounts: by account, then by age.
 *
 * @param left One item.
 * @param right Another item.
 * @returns A number as `Array.sort` expects it.
 */
export function byAccountAndAge(
  left: { readonly account: string; readonly createdAtMs: number },
  right: { readonly account: string; readonly createdAtMs: number },
): number {
  if (left.account !== right.account) return left.account < right.account ? -1 : 1;
  return left.createdAtMs - right.createdAtMs;
}

/**
 * Makes a random id or epoch.
 *
 * @param random Where random bytes come from.
 * @returns 32 hexadecimal digits.
 */
export function newEpoch(random: RandomBytes): string {
  return encodeHex(random(limits.accountIdBytes));
}

/**
 * Refuses lists that are too long.
 *
 * @param items The list.
 * @param what What it lists, for the message: `roles`.
 * @returns The list.
 * @throws {DariError} `invalid_params` when it has more than 64 items.
 */
export function checkCount<T>(items: readonly T[], what: string): readonly T[] {
  if (items.length <= limits.maxAccountItems) return items;
  throw new DariError(
    "invalid_params",
    `An account has at most ${limits.maxAccountItems} ${what}, not ${items.length}`,
  );
}

function checkFields(fields: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(fields);
  checkCount(entries, "extra fields");
  return Object.fromEntries(
    entries.map(([name, value]) => [checkText(name, "field's name"), checkText(value, name)]),
  );
}

/**
 * Refuses names that cannot be roles.
 *
 * @param roles The names.
 * @returns The names.
 * @throws {DariError} `invalid_params` when there are too many, or one has other characters than
 * letters, digits and `._-`.
 */
export function checkRoles(roles: readonly string[]): readonly string[] {
  for (const role of roles) {
    if (!ROLE.test(role) || INVISIBLE.test(role)) {
      throw new DariError(
        "invalid_params",
        `${JSON.stringify(role)} is not a role; use 1 to 64 letters, digits and ._-`,
      );
    }
  }
  return checkCount(roles, "roles");
}
