/**
 * Whether the code of a sign-in is one of the account's, and what is stored once it is used.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type { PutOperation } from "../../store/store.ts";
import { findStep } from "./one_time_code.ts";
import { findHash, foldCode, hashRecoveryCode } from "./recovery_code.ts";
import type { Sealing } from "./sealing.ts";
import type { FactorRecord } from "./factor_record.ts";

/** What became of the code of a sign-in whose password was right. */
export type CodeVerdict =
  | {
    /** The account has no second factor. */
    readonly kind: "notNeeded";
  }
  | {
    /** The sign-in brought no code. */
    readonly kind: "missing";
    /** The kinds of codes that the account has. */
    readonly kinds: readonly string[];
  }
  | {
    /** The code is none of the account's, is too old, or was used. */
    readonly kind: "wrong";
  }
  | {
    /** The code is right. */
    readonly kind: "right";
    /** What it is a code of. */
    readonly factor: "totp" | "recovery";
    /** Uses the code up. It conflicts where another sign-in was faster. */
    readonly use: PutOperation;
  };

/** What reading secrets and comparing codes needs. */
export interface CodeCheckParts {
  /** Decrypts the secrets. */
  readonly sealing: Sealing;
  /** The time, in milliseconds since the epoch. */
  readonly now: number;
}

/**
 * Uses a code up.
 *
 * @param record What is stored of the account's factors.
 * @param typed What the user typed: a one-time code or a recovery code.
 * @param parts What that needs.
 * @returns What is to be stored instead; `undefined` where the code is wrong, too old or used.
 */
export async function useCode(
  record: FactorRecord,
  typed: string,
  parts: CodeCheckParts,
): Promise<FactorRecord | undefined> {
  const code = foldCode(typed);
  return code.length === limits.oneTimeCodeDigits
    ? await useOneTimeCode(record, code, parts)
    : await useRecoveryCode(record, code, parts);
}

async function useOneTimeCode(
  record: FactorRecord,
  code: string,
  { sealing, now }: CodeCheckParts,
): Promise<FactorRecord | undefined> {
  let isRight = false;
  const codes = [];
  for (const factor of record.codes) {
    const secret = await sealing.open(factor.secret, record.accountId);
    const step = await findStep(secret, code, now, factor.usedStep);
    isRight ||= step !== undefined;
    codes.push(step === undefined ? factor : { ...factor, usedStep: step, lastUsedAtMs: now });
  }
  return isRight ? { ...record, codes } : undefined;
}

async function useRecoveryCode(
  record: FactorRecord,
  code: string,
  { sealing }: CodeCheckParts,
): Promise<FactorRecord | undefined> {
  const hash = await hashRecoveryCode(await sealing.hashKey(), record.accountId, code);
  const place = findHash(record.recovery, hash);
  return place < 0 ? undefined : { ...record, recovery: record.recovery.toSpliced(place, 1) };
}
