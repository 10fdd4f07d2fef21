/**
 * An API key: what is stored of it, and what its owner may see.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import type { AccountRecord } from "../account/account.ts";
import { type Bytes, hmacSha256, sha256, utf8 } from "../proof/bytes.ts";

/** One secret of a key. A key has two of them for a while after a rotation. */
export interface ApiKeySecret {
  /** SHA-256 of the secret, in hexadecimal. */
  readonly hash: string;
  /** Only of keys that sign: the HMAC key of its signatures, in hexadecimal. */
  readonly signingKey?: string;
  /** When this secret ends, in milliseconds since the epoch. */
  readonly endsAtMs?: number;
}

/** A key as it is stored, under its id. */
export interface ApiKeyRecord {
  /** Its id. */
  readonly id: string;
  /** The account's folded name. */
  readonly account: string;
  /** The account's id. Where the account has another, it was removed and made anew since. */
  readonly accountId: string;
  /** The name that its owner gave it. */
  readonly name: string;
  /** The scopes that it is narrowed to; without them it may do what its account may. */
  readonly scopes?: readonly string[];
  /** Whether it is accepted. */
  readonly active: boolean;
  /** Whether it may sign requests instead of being sent. */
  readonly signs: boolean;
  /** When it was made. */
  readonly createdAtMs: number;
  /** When it ends. */
  readonly expiresAtMs?: number;
  /** Its secrets, the newest first. */
  readonly secrets: readonly ApiKeySecret[];
}

/** A key as its owner sees it. Times are milliseconds since the epoch. */
export interface ApiKey extends Omit<ApiKeyRecord, "secrets" | "accountId"> {
  /** Whether it is accepted, has ended, or was revoked. */
  readonly state: "active" | "expired" | "revoked";
  /** When it was used last, to the minute. */
  readonly lastUsedAtMs?: number;
}

/** A key to be made. */
export interface NewApiKey {
  /** The account's folded name. */
  readonly account: string;
  /** The name that its owner gave it. */
  readonly name: string;
  /** Narrows it to scopes of the policy, or to patterns of methods. */
  readonly scopes?: readonly string[];
  /** When it ends, in milliseconds since the epoch. */
  readonly expiresAtMs?: number;
  /**
   * Lets it sign requests. The store then holds the HMAC key, and whoever can read the store can
   * sign. Public keys have no such weakness.
   *
   * @default {false}
   */
  readonly signs?: boolean;
}

/** A key with its account. */
export interface FoundApiKey {
  /** The key. */
  readonly record: ApiKeyRecord;
  /** The secret that was used. */
  readonly secret: ApiKeySecret;
  /** Its account. */
  readonly account: AccountRecord;
}

/**
 * Derives the HMAC key of signed requests. It is not the secret itself, so that the one cannot be used
 * in place of the other.
 *
 * @param secret A key's secret.
 * @returns The HMAC key.
 */
export function signingKeyOf(secret: string): Promise<Bytes> {
  return hmacSha256(utf8(secret), "dari/1 signed requests");
}

/**
 * What is stored of a key's secret.
 *
 * @param secret The secret.
 * @param signs Whether the key may sign requests.
 * @returns The secret's hash and, where it signs, its HMAC key.
 */
export async function secretRecord(secret: string, signs: boolean): Promise<ApiKeySecret> {
  const hash = encodeHex(sha256(secret));
  return signs ? { hash, signingKey: encodeHex(await signingKeyOf(secret)) } : { hash };
}

/**
 * Leaves the secrets of a key out.
 *
 * @param record The key as it is stored.
 * @param nowMs The time, in milliseconds since the epoch.
 * @param lastUsedAtMs When it was used last, in milliseconds since the epoch.
 * @returns What its owner may see.
 */
export function apiKeyOf(record: ApiKeyRecord, nowMs: number, lastUsedAtMs?: number): ApiKey {
  const { secrets: _secrets, accountId: _accountId, ...visible } = record;
  const hasEnded = (record.expiresAtMs ?? Infinity) <= nowMs;
  const state = !record.active ? "revoked" : hasEnded ? "expired" : "active";
  return { ...visible, state, ...(lastUsedAtMs === undefined ? {} : { lastUsedAtMs }) };
}
