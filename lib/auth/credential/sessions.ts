/**
 * Sessions: what a sign-in gives, so that the password is needed once.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import type { Clock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { PutOperation, Store } from "../../store/store.ts";
import { accountId, type AccountRecord, byAccountAndAge } from "../account/account.ts";
import { type RandomBytes, randomText, sha256 } from "../proof/bytes.ts";
import type { Collection } from "../../store/collection.ts";
import { AuthenticationError, InactiveAccountError } from "../proof/errors.ts";

/** How long sessions live. */
export interface SessionPolicy {
  /** Without use, in milliseconds. @default {3_600_000} */
  readonly idleMs?: number;
  /** At most, in milliseconds. @default {43_200_000} */
  readonly maxMs?: number;
}

/** A session as it is stored, under the SHA-256 of its token. */
export interface SessionRecord {
  /** The account's folded name. */
  readonly account: string;
  /** The account's epoch at sign-in; under another one the session is void. */
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
}

/** A session as its owner sees it. */
export interface Session extends Omit<SessionRecord, "epoch"> {
  /** Names it, for `session revoke`; it does not sign in. */
  readonly id: string;
}

/** A session that was found by its token, with its account. */
export interface FoundSession {
  /** The id under which it is stored. */
  readonly key: string;
  /** The session. */
  readonly record: SessionRecord;
  /** Its account. */
  readonly account: AccountRecord;
}

/** The beginning of every session token. */
export const SESSION_PREFIX = "dses_";

const TOKEN = /^dses_[A-Za-z0-9_-]{43}$/;
const { sessionIdLength: ID_LENGTH } = limits;

/** What sessions need. */
export interface SessionsParts {
  /** Where they are kept. */
  readonly store: Store;
  /** The sessions. */
  readonly sessions: Collection<SessionRecord>;
  /** When accounts signed in last. */
  readonly signIns: Collection<{ atMs: number }>;
  /** The accounts. */
  readonly accounts: Collection<AccountRecord>;
  /** Voids all sessions of an account. */
  readonly endAll: (name: string) => Promise<void>;
  /** How long sessions live. */
  readonly policy: SessionPolicy;
  /** The time. */
  readonly clock: Clock;
  /** Where random bytes come from. */
  readonly random: RandomBytes;
}

/** The sessions of a store. */
export class Sessions {
  readonly #parts: SessionsParts;
  /** How long a session lives without use, in milliseconds. */
  readonly idleMs: number;
  /** How often a use is written down, in milliseconds: well before the session would end. */
  readonly touchMs: number;
  readonly #maxMs: number;

  /**
   * Puts them together; `openIdentity` does.
   *
   * @param parts What the sessions need.
   */
  constructor(parts: SessionsParts) {
    this.#parts = parts;
    this.idleMs = parts.policy.idleMs ?? limits.sessionIdleMs;
    this.touchMs = Math.min(limits.touchMs, this.idleMs * limits.touchShare);
    this.#maxMs = parts.policy.maxMs ?? limits.sessionMaxMs;
  }

  /**
   * Makes a session, and writes down that its account signed in. The token is shown here and never
   * again: the store has its hash.
   *
   * @param account The account, as it was when its credential was checked: changed since, the
   * session is void from the beginning.
   * @param client The client's address, and its program as it calls itself.
   * @param also What else the sign-in writes.
   * @returns The token and the session.
   */
  async create(
    account: AccountRecord,
    client: { address: string; agent?: string },
    also: readonly PutOperation[] = [],
  ): Promise<{ token: string; session: Session }> {
    const token = SESSION_PREFIX + randomText(this.#parts.random, limits.tokenBytes);
    const now = this.#parts.clock.now();
    const endsAtMs = now + this.#maxMs;
    const record: SessionRecord = {
      account: account.name,
      epoch: account.epoch,
      createdAtMs: now,
      idleUntilMs: Math.min(now + this.idleMs, endsAtMs),
      endsAtMs,
      address: printable(client.address),
      agent: printable(client.agent ?? ""),
    };
    const key = encodeHex(sha256(token));
    const { store, sessions, signIns } = this.#parts;
    // One write for all: what a sign-in costs is counted in commits.
    await store.batch([
      sessions.putting(key, record, { expiresAtMs: record.idleUntilMs, ifVersion: 0 }),
      signIns.putting(accountId(account.name), { atMs: now }),
      ...also,
    ]);
    return { token, session: sessionOf(key, record) };
  }

  /**
   * Finds a session by its token.
   *
   * @param token The token.
   * @returns The session and its account.
   * @throws {AuthenticationError} When there is none, it ended, or its account changed since.
   */
  async find(token: string): Promise<FoundSession> {
    if (!TOKEN.test(token)) throw new AuthenticationError("The session token has not its form");
    const key = encodeHex(sha256(token));
    const record = (await this.#parts.sessions.get(key))?.record;
    const now = this.#parts.clock.now();
    if (record === undefined || record.endsAtMs <= now || record.idleUntilMs <= now) {
      throw new AuthenticationError("There is no such session, or it ended");
    }
    const account = (await this.#parts.accounts.get(accountId(record.account)))?.record;
    if (account?.active === false) throw new InactiveAccountError("The account is disabled");
    if (account?.epoch !== record.epoch) {
      throw new AuthenticationError("The session ended with a change of its account");
    }
    return { key, record, account };
  }

  /**
   * Writes down that a session was used.
   *
   * @param key The id under which it is stored.
   * @param idleUntilMs When it ends unless it is used again.
   * @returns Whether there is still such a session.
   */
  async touch(key: string, idleUntilMs: number): Promise<boolean> {
    const record = await this.#parts.sessions.update(
      key,
      (record) =>
        record === null || record.idleUntilMs >= idleUntilMs ? null : { ...record, idleUntilMs },
      idleUntilMs,
    );
    return record !== null;
  }

  /**
   * Lists sessions that can still be used, by account.
   *
   * @param name Only of this account, by its folded name.
   * @returns The sessions.
   */
  async list(name?: string): Promise<Session[]> {
    const accounts = await this.#parts.accounts.list();
    const epochs = new Map(accounts.map((account) => [account.name, account.epoch]));
    return (await this.#parts.sessions.entries())
      .filter(([, { account, epoch }]) =>
        epochs.get(account) === epoch && (name === undefined || name === account)
      )
      .map(([key, record]) => sessionOf(key, record))
      .sort(byAccountAndAge);
  }

  /**
   * Ends one session.
   *
   * @param id The id that {@linkcode list} gave, or the whole one.
   * @throws {DariError} `not_found`.
   */
  async revoke(id: string): Promise<void> {
    const whole = /^[0-9a-f]{16}(?:[0-9a-f]{48})?$/.test(id);
    const key = whole ? (await this.#parts.sessions.entries(id))[0]?.[0] : undefined;
    if (key === undefined || !(await this.#parts.sessions.delete(key))) {
      throw new DariError("not_found", `There is no session "${id}"`);
    }
  }

  /**
   * Ends all sessions of one account, or of all.
   *
   * @param name The account's name; without one, all accounts.
   * @throws {DariError} `not_found` when there is no such account.
   */
  async revokeAll(name?: string): Promise<void> {
    const names = name === undefined
      ? (await this.#parts.accounts.list()).map((account) => account.name)
      : [name];
    for (const each of names) await this.#parts.endAll(each);
  }
}

function sessionOf(key: string, record: SessionRecord): Session {
  const { epoch: _epoch, ...visible } = record;
  return { id: key.slice(0, ID_LENGTH), ...visible };
}

/** What a peer says of itself is shown in terminals later. */
function printable(text: string): string {
  return text.replace(/[\p{C}]/gu, "").slice(0, limits.maxAgentLength);
}
