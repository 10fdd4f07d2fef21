/**
 * What is stored of an account's second factors and passkeys, and what their owner sees of it.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { checkText } from "../account/names.ts";
import type { PasskeyRecord } from "./passkey_record.ts";

/** An authenticator app. */
export interface CodeFactorRecord {
  /** Its id. */
  readonly id: string;
  /** How its owner calls it. */
  readonly name: string;
  /** The secret that it shares with the server, encrypted. */
  readonly secret: string;
  /** When it was added, in milliseconds since the epoch. */
  readonly createdAtMs: number;
  /** The time step of the last code that was used; no code of it or before it is accepted again. */
  readonly usedStep: number;
  /** When a code of it signed in last. */
  readonly lastUsedAtMs?: number;
}

/** What is stored for one account, under the id of its name. */
export interface FactorRecord {
  /** The account's id. Where the account has another, it was removed and made anew since. */
  readonly accountId: string;
  /** The authenticator apps that count. While there is one, every sign-in by password needs a code. */
  readonly codes: readonly CodeFactorRecord[];
  /** One that waits for its first code. */
  readonly pending?: CodeFactorRecord;
  /** Hashes of the recovery codes that are left. */
  readonly recovery: readonly string[];
  /** The passkeys. They sign in by themselves, and no sign-in by password asks for one. */
  readonly passkeys?: readonly PasskeyRecord[];
}

/** A second factor or a passkey as its owner sees it. Times are milliseconds since the epoch. */
export interface Factor {
  /** Its id, by which it is removed. */
  readonly id: string;
  /** `totp`: an authenticator app, which shows one-time codes; `passkey`. */
  readonly kind: "totp" | "passkey";
  /** How its owner calls it. */
  readonly name: string;
  /** When it was added. */
  readonly createdAtMs: number;
  /** When it signed in last. */
  readonly lastUsedAtMs?: number;
}

/** The factors of one account. */
export interface FactorList {
  /** The authenticator apps by age, then the passkeys. */
  readonly factors: readonly Factor[];
  /** How many recovery codes are left. */
  readonly recoveryCodesLeft: number;
}

/** The record of an account without factors. */
export function noFactors(accountId: string): FactorRecord {
  return { accountId, codes: [], recovery: [] };
}

/**
 * Leaves the secrets of factors out.
 *
 * @param record What is stored; `null` where there is nothing.
 * @returns What their owner may see.
 */
export function factorListOf(record: FactorRecord | null): FactorList {
  return {
    factors: [
      ...(record?.codes ?? []).map(factorOf),
      ...(record?.passkeys ?? []).map(passkeyFactorOf),
    ],
    recoveryCodesLeft: record?.recovery.length ?? 0,
  };
}

/**
 * Leaves the secret of an authenticator app out.
 *
 * @param record What is stored of it.
 * @returns What its owner may see.
 */
export function factorOf(record: CodeFactorRecord): Factor {
  const { secret: _secret, usedStep: _usedStep, ...visible } = record;
  return { kind: "totp", ...visible };
}

/**
 * What the owner of a passkey sees of it.
 *
 * @param record What is stored of it.
 */
export function passkeyFactorOf({ id, name, createdAtMs, lastUsedAtMs }: PasskeyRecord): Factor {
  const used = lastUsedAtMs === undefined ? {} : { lastUsedAtMs };
  return { kind: "passkey", id, name, createdAtMs, ...used };
}

/**
 * The kinds of codes that a sign-in may bring.
 *
 * @param record What is stored.
 * @returns `totp`, and `recovery` while recovery codes are left; none where no code is needed.
 */
export function codeKindsOf(record: FactorRecord | null): string[] {
  if (record === null || record.codes.length === 0) return [];
  return record.recovery.length === 0 ? ["totp"] : ["totp", "recovery"];
}

/**
 * Refuses names that a factor cannot have.
 *
 * @param name The name.
 * @returns The name in NFC.
 * @throws {DariError} `invalid_params` when it is empty or too long, or has control characters.
 */
export function checkFactorName(name: string): string {
  const text = checkText(name, "factor's name");
  if (text !== "" && text.length <= limits.maxFactorNameLength) return text;
  throw new DariError(
    "invalid_params",
    `A factor's name has 1 to ${limits.maxFactorNameLength} characters, not ${text.length}`,
  );
}
