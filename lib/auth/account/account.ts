/**
 * What is kept of an account, and what of it others may see.
 *
 * @module
 */

import { encodeBase64Url } from "@std/encoding/base64url";
import { encodeHex } from "@std/encoding/hex";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { RandomBytes } from "../proof/bytes.ts";
import type { PublicKeyRecord } from "../proof/public_key.ts";
import type { ScramVerifier } from "../proof/scram.ts";

/** The beginning of the name of a certificate that no account is mapped to; no account has it. */
export const CERTIFICATE_PREFIX = "certificate:";

/** What is kept of a password. */
export interface PasswordRecord {
  /** The PHC string, for sign-ins that send the password. */
  readonly phc: string;
  /** For sign-ins by SCRAM; its salt is another one. */
  readonly scram: ScramVerifier;
}

/** An account as it is stored, under the id of its name. */
export interface AccountRecord {
  /** Drawn anew for each account, so that what belonged to a removed one of the same name is void. */
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
   * Drawn anew at every change of password or rights: sessions made under another one are void, so
   * one write ends all of them.
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
}

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
 * What an administrator may see of an account.
 *
 * @param record The account as it is stored.
 * @param facts What is kept beside it.
 * @returns The account without its secrets.
 */
export function accountOf(
  record: AccountRecord,
  facts: { lastSignInAtMs?: number; lockedUntilMs?: number } = {},
): Account {
  const { id: _id, epoch: _epoch, password, ...visible } = record;
  return { ...visible, ...facts, hasPassword: password !== undefined };
}

/**
 * The id under which an account is kept.
 *
 * @param name The folded name.
 * @returns Its base64url.
 */
export function accountId(name: string): string {
  return encodeBase64Url(name);
}

/**
 * The order in which what belongs to accounts is listed: by account, then by age.
 *
 * @param left One.
 * @param right Another.
 * @returns As `Array.sort` wants it.
 */
export function byAccountAndAge(
  left: { readonly account: string; readonly createdAtMs: number },
  right: { readonly account: string; readonly createdAtMs: number },
): number {
  if (left.account !== right.account) return left.account < right.account ? -1 : 1;
  return left.createdAtMs - right.createdAtMs;
}

/**
 * Draws an id or an epoch.
 *
 * @param random Where random bytes come from.
 * @returns 32 hexadecimal digits.
 */
export function newEpoch(random: RandomBytes): string {
  return encodeHex(random(limits.accountIdBytes));
}

/**
 * Refuses lists that nobody needs.
 *
 * @param items The list.
 * @param what What it lists, for the message.
 * @returns The list.
 * @throws {DariError} `invalid_params` when it is too long.
 */
export function checkCount<T>(items: readonly T[], what: string): readonly T[] {
  if (items.length <= limits.maxAccountItems) return items;
  throw new DariError("invalid_params", `An account has at most ${limits.maxAccountItems} ${what}`);
}
