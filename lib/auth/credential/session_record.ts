/**
 * A session as it is stored, and as its owner sees it.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";

/** A session as it is stored, under the SHA-256 of its token. */
export interface SessionRecord {
  /** The account's folded name. */
  readonly account: string;
  /** The account's epoch at sign-in; when the account has another, the session is void. */
  readonly epoch: string;
  /** When it was made. */
  readonly createdAtMs: number;
  /** When it ends unless it is used. */
  readonly idleUntilMs: number;
  /** When it ends. */
  readonly endsAtMs: number;
  /** The client's address at sign-in. */
  readonly address: string;
  /** The program that signed in, as it calls itself. */
  readonly agent: string;
  /** What opened it, where that can be removed by itself: `passkey:ID`. */
  readonly by?: string;
}

/** A session as its owner sees it. Times are milliseconds since the epoch. */
export interface Session extends Omit<SessionRecord, "epoch"> {
  /** Its id, for `session revoke`; it does not sign in. */
  readonly id: string;
}

/** How many digits of a session's key its id has. */
export const { sessionIdLength: SESSION_ID_LENGTH } = limits;

/**
 * Shows a session to its owner.
 *
 * @param key The id under which the session is stored.
 * @param record The session as it is stored.
 * @returns The session without what only the server needs.
 */
export function sessionOf(key: string, record: SessionRecord): Session {
  const { epoch: _epoch, ...visible } = record;
  return { id: key.slice(0, SESSION_ID_LENGTH), ...visible };
}

/**
 * Takes control characters out of what a peer says of itself: it is shown in terminals later.
 *
 * @param text What the peer says.
 * @returns The text, cut to what is kept of it.
 */
export function printable(text: string): string {
  return text.replace(/[\p{C}]/gu, "").slice(0, limits.maxAgentLength);
}
