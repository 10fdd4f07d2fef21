/**
 * Sessions: a sign-in makes one, so that the password is needed once.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import type { Clock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Collection } from "../../store/collection.ts";
import type { PutOperation, Store } from "../../store/store.ts";
import { accountId, type AccountRecord, byAccountAndAge } from "../account/account.ts";
import type { Accounts } from "../account/accounts.ts";
import { InactiveAccountError } from "../account/errors.ts";
import { type RandomBytes, randomText, sha256 } from "../proof/bytes.ts";
import { AuthenticationError } from "../proof/errors.ts";
import { printable, type Session, sessionOf, type SessionRecord } from "./session_record.ts";

/** How long sessions live. */
export interface SessionPolicy {
  /** How long a session lives without use, in milliseconds. @default {3_600_000} */
  readonly idleMs?: number;
  /** How long a session lives at most, in milliseconds. @default {43_200_000} */
  readonly maxMs?: number;
}

/** A session with its account. */
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

/** An id, or the whole key. */
const SESSION_ID = /^[0-9a-f]{16}(?:[0-9a-f]{48})?$/;

/** What sessions need. Nothing of it has an end but the store, which its opener closes. */
export interface SessionsParts {
  /** Where a sign-in is written in one batch. */
  readonly store: Store;
  /** The sessions in the store, under the SHA-256 of their tokens. */
  readonly records: Collection<SessionRecord>;
  /** In the store: when accounts signed in last. Accounts read it. */
  readonly signIns: Collection<{ atMs: number }>;
  /** The accounts that sessions belong to. */
  readonly accounts: Accounts;
  /** How long sessions live. */
  readonly policy: SessionPolicy;
  /** The time. */
  readonly clock: Clock;
  /** Where random bytes come from. */
  readonly random: RandomBytes;
}

/**
 * The sessions of a store.
 *
 * @example
 * ```ts
 * import { openIdentity } from "@dari/dari/auth";
 * import { createMemoryStore } from "@dari/dari/store";
 * import { assertEquals } from "@std/assert";
 *
 * await using store = createMemoryStore();
 * using identity = await openIdentity(store);
 * await identity.accounts.add({ name: "alice" });
 * const alice = await identity.accounts.record("alice");
 * const { token, session } = await identity.sessions.create(alice, { address: "192.0.2.1:50412" });
 * assertEquals((await identity.gate.authenticate(token, "add", [1, 2])).name, "alice");
 * await identity.sessions.revoke(session.id);
 * assertEquals(await identity.sessions.list("alice"), []);
 * ```
 */
export class Sessions {
  readonly #parts: SessionsParts;
  /** How long a session lives without use, in milliseconds. */
  readonly idleMs: number;
  /** How often a use is written down, in milliseconds: ten times or more in `idleMs`. */
  readonly touchMs: number;
  readonly #maxMs: number;

  /**
   * Puts the sessions together; `openIdentity` does that.
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
   * Makes a session, and writes down that its account signed in. The token is returned here and never
   * again: the store has only its hash.
   *
   * @param account The account as it was when its credential was checked. If it changed since, the
   * session is void from the beginning.
   * @param client The client's address, and the name that its program gives itself.
   * @param also What else the sign-in writes.
   * @returns The token, and the session as its owner and as the server see it.
   */
  async create(
    account: AccountRecord,
    client: { address: string; agent?: string; by?: string | undefined },
    also: readonly PutOperation[] = [],
  ): Promise<{ token: string; session: Session; found: FoundSession }> {
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
      ...(client.by === undefined ? {} : { by: client.by }),
    };
    const key = encodeHex(sha256(token));
    const { store, records, signIns } = this.#parts;
    // One write for all: commits are the larger part of what a sign-in costs.
    await store.batch([
      records.putting(key, record, { expiresAtMs: record.idleUntilMs, ifVersion: 0 }),
      signIns.putting(accountId(account.name), { atMs: now }),
      ...also,
    ]);
    return { token, session: sessionOf(key, record), found: { key, record, account } };
  }

  /**
   * Finds a session by its token.
   *
   * @param token The token.
   * @returns The session and its account.
   * @throws {AuthenticationError} When there is none, it has ended, or its account changed since.
   * @throws {InactiveAccountError} When the account is disabled.
   */
  async find(token: string): Promise<FoundSession> {
    if (!TOKEN.test(token)) throw new AuthenticationError("The session token is malformed");
    const key = encodeHex(sha256(token));
    const record = (await this.#parts.records.get(key))?.record;
    const now = this.#parts.clock.now();
    if (record === undefined || record.endsAtMs <= now || record.idleUntilMs <= now) {
      throw new AuthenticationError("There is no such session, or it has ended; sign in again");
    }
    const account = await this.#parts.accounts.find(record.account);
    if (account?.active === false) throw new InactiveAccountError("The account is disabled");
    if (account?.epoch !== record.epoch) {
      throw new AuthenticationError("The session ended because its account changed; sign in again");
    }
    return { key, record, account };
  }

  /**
   * Says when a session began.
   *
   * @param key The id under which the session is stored.
   * @returns Milliseconds since the epoch; `null` where there is no such session.
   */
  async createdAtMs(key: string): Promise<number | null> {
    return (await this.#parts.records.get(key))?.record.createdAtMs ?? null;
  }

  /**
   * Prepares to write down that a session was used, together with others.
   *
   * @param key The id under which the session is stored.
   * @param idleUntilMs When it ends unless it is used again, in milliseconds since the epoch.
   * @returns The operation for a batch; `unchanged` where a later use was written down already, and
   * `gone` where there is no such session.
   */
  async touching(key: string, idleUntilMs: number): Promise<PutOperation | "unchanged" | "gone"> {
    const found = await this.#parts.records.get(key);
    if (found === null) return "gone";
    const { record, version: ifVersion } = found;
    if (record.idleUntilMs >= idleUntilMs) return "unchanged";
    const options = { ifVersion, expiresAtMs: idleUntilMs };
    return this.#parts.records.putting(key, { ...record, idleUntilMs }, options);
  }

  /**
   * Writes down that a session was used.
   *
   * @param key The id under which the session is stored.
   * @param idleUntilMs When it ends unless it is used again, in milliseconds since the epoch.
   * @returns Whether there is still such a session.
   */
  async touch(key: string, idleUntilMs: number): Promise<boolean> {
    const record = await this.#parts.records.update(
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
   * @param name Only sessions of this account, by its folded name.
   * @returns The sessions, by account and age.
   */
  async list(name?: string): Promise<Session[]> {
    const accounts = await this.#parts.accounts.records();
    const epochs = new Map(accounts.map((account) => [account.name, account.epoch]));
    return (await this.#parts.records.entries())
      .filter(([, { account, epoch }]) =>
        epochs.get(account) === epoch && (name === undefined || name === account)
      )
      .map(([key, record]) => sessionOf(key, record))
      .sort(byAccountAndAge);
  }

  /**
   * Looks one session up.
   *
   * @param id The session's id.
   * @returns The session; `undefined` where there is none.
   */
  async get(id: string): Promise<Session | undefined> {
    if (!SESSION_ID.test(id)) return undefined;
    const found = (await this.#parts.records.entries(id))[0];
    return found && sessionOf(...found);
  }

  /**
   * Ends one session.
   *
   * @param id The session's id, or the whole key under which it is stored.
   * @throws {DariError} `not_found` when there is no such session.
   */
  async revoke(id: string): Promise<void> {
    const key = SESSION_ID.test(id) ? (await this.#parts.records.entries(id))[0]?.[0] : undefined;
    if (key === undefined || !(await this.#parts.records.delete(key))) {
      throw new DariError("not_found", `There is no session "${id}"`);
    }
  }

  /**
   * Ends the sessions of an account that a credential opened.
   *
   * @param account The account's folded name.
   * @param by What opened them.
   */
  async endBy(account: string, by: string): Promise<void> {
    for (const [key, record] of await this.#parts.records.entries()) {
      if (record.account === account && record.by === by) await this.#parts.records.delete(key);
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
      ? (await this.#parts.accounts.records()).map((account) => account.name)
      : [name];
    for (const each of names) await this.#parts.accounts.endSessions(each);
  }
}
