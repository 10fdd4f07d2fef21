/**
 * Signing in by password or SCRAM: one path with the counting, so that none goes around it.
 *
 * @module
 */

import { encodeBase64 } from "@std/encoding/base64";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { PutOperation } from "../../store/store.ts";
import { accountId, type AccountRecord, type PasswordRecord } from "./account.ts";
import { type Bytes, hmacSha256, type RandomBytes } from "../proof/bytes.ts";
import type { Collection } from "../../store/collection.ts";
import type { DerivationQueue } from "../proof/derive.ts";
import { AccountLockedError, AuthenticationError, InactiveAccountError } from "../proof/errors.ts";
import type { Lockout } from "./lockout.ts";
import { foldNameOrNull } from "./names.ts";
import {
  formatPasswordHash,
  hashPassword,
  parsePasswordHash,
  passwordBytes,
  verifyPassword,
} from "../proof/password.ts";
import type { PeerLimit } from "./peer_limit.ts";
import { createScramVerifier, type ScramVerifier } from "../proof/scram.ts";

/** What signing in by password needs. */
export interface PasswordSignInParts {
  /** The accounts. */
  readonly accounts: Collection<AccountRecord>;
  /** Failures per account. */
  readonly lockout: Lockout;
  /** Failures per peer. */
  readonly peers: PeerLimit;
  /** Where derivations wait for a core. */
  readonly queue: DerivationQueue;
  /** Where random bytes come from. */
  readonly random: RandomBytes;
  /** Iterations of new passwords. */
  readonly iterations: number;
  /** A secret of this store: stand-ins for unknown users are derived from it. */
  readonly secret: Bytes;
}

/**
 * What a right sign-in does next. It has to write the given step, which takes back the count of the
 * attempt, best together with what else it writes; until then the next attempt waits.
 */
export type Settle<T> = (account: AccountRecord, uncount: PutOperation) => Promise<T>;

/** Checks passwords, and SCRAM proofs, of accounts. */
export class PasswordSignIn {
  readonly #parts: PasswordSignInParts;
  readonly #turns = new Map<string, { last: Promise<void>; waiting: number }>();
  readonly #standIn: string;

  constructor(parts: PasswordSignInParts) {
    this.#parts = parts;
    this.#standIn = formatPasswordHash({
      iterations: parts.iterations,
      salt: parts.random(limits.passwordSaltBytes),
      hash: parts.random(limits.tokenBytes),
    });
  }

  /**
   * Checks a password. Unknown, locked and disabled accounts take as long as any other.
   *
   * @param username The name, in any spelling.
   * @param password The password.
   * @param address The peer's address, for the per-peer limit; `undefined` where there is no peer.
   * @param settle What to do with the account.
   * @returns What that gave.
   * @throws {AuthenticationError} Or its subclasses, when it may not sign in.
   */
  async withPassword<T>(
    username: string,
    password: string,
    address: string | undefined,
    settle: Settle<T>,
  ): Promise<T> {
    passwordBytes(password);
    const { accounts, queue } = this.#parts;
    // A core is waited for before anything is counted or written: whom the queue refuses costs nothing.
    const look = async (name: string | null, locked: boolean) => {
      const account = name === null ? null : (await accounts.get(accountId(name)))?.record ?? null;
      const phc = locked ? undefined : account?.password?.phc;
      const right = await verifyPassword(password, phc ?? this.#standIn);
      if (phc === undefined || account === null || !right) return null;
      if (account.active) await this.#rehash(account, password);
      // As it was when the password was right: whatever changed since voids what it is given.
      return account;
    };
    return await this.#attempt(username, address, queue.run, look, settle);
  }

  /**
   * What SCRAM's first message needs of an account; for an unknown one a stand-in that stays the
   * same from try to try.
   *
   * @param username The name, in any spelling.
   * @returns The verifier, and the account that it belongs to.
   */
  async scramVerifier(
    username: string,
  ): Promise<{ verifier: ScramVerifier; account: AccountRecord | null }> {
    const name = foldNameOrNull(username);
    const salt = hmacSha256(this.#parts.secret, `scram salt ${name ?? username}`);
    const key = encodeBase64(hmacSha256(this.#parts.secret, "scram key"));
    const account = name === null
      ? null
      : (await this.#parts.accounts.get(accountId(name)))?.record ?? null;
    const verifier = account?.password?.scram ?? {
      iterations: this.#parts.iterations,
      salt: encodeBase64(salt.slice(0, limits.passwordSaltBytes)),
      storedKey: key,
      serverKey: key,
    };
    return { verifier, account: account?.password === undefined ? null : account };
  }

  /**
   * Checks a SCRAM proof under the same counting.
   *
   * @param username The name, in any spelling.
   * @param address The peer's address.
   * @param account Whose verifier was used in the exchange; `null` for a stand-in.
   * @param check Throws where the proof is wrong.
   * @param settle What to do with the account.
   * @returns What that gave.
   * @throws {AuthenticationError} Or its subclasses, when it may not sign in.
   */
  async withScram<T>(
    username: string,
    address: string | undefined,
    account: AccountRecord | null,
    check: () => void,
    settle: Settle<T>,
  ): Promise<T> {
    const atOnce = <R>(work: () => Promise<R>) => work();
    const look = async (name: string | null, locked: boolean) => {
      try {
        check();
      } catch (error) {
        if (error instanceof AuthenticationError) return null;
        throw error;
      }
      // A locked account's right proof is worth, and costs its peer, what a wrong one does.
      if (locked || name === null || account === null) return null;
      // Read again: it may have changed since the exchange began.
      const now = (await this.#parts.accounts.get(accountId(name)))?.record;
      return now?.id === account.id && now.password?.phc === account.password?.phc ? now : null;
    };
    return await this.#attempt(username, address, atOnce, look, settle);
  }

  async #attempt<T>(
    username: string,
    address: string | undefined,
    admit: DerivationQueue["run"],
    look: (name: string | null, locked: boolean) => Promise<AccountRecord | null>,
    settle: Settle<T>,
  ): Promise<T> {
    const { lockout, peers } = this.#parts;
    if (address !== undefined) peers.check(address);
    const name = foldNameOrNull(username);
    const countAs = name ?? "";
    const attempt = async () => {
      const lock = await lockout.reserve(countAs).then(() => null, asLocked);
      let account: AccountRecord | null;
      try {
        account = await look(name, lock !== null);
        if (lock === null && account?.active) {
          return await settle(account, lockout.clearing(countAs));
        }
      } catch (error) {
        // Nobody looked at the secret, or it was right: it was no failure.
        if (lock === null) await lockout.release(countAs);
        throw error;
      }
      if (account === null && address !== undefined) peers.failed(address);
      if (lock !== null) throw lock;
      if (account === null) throw new AuthenticationError("The name or the password is wrong");
      await lockout.clear(countAs);
      throw new InactiveAccountError("The account is disabled");
    };
    return await this.#inTurn(countAs, () => admit(attempt));
  }

  /** One attempt an account at a time: right ones must not lock each other out. */
  async #inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
    const turn = this.#turns.get(name) ?? { last: Promise.resolve(), waiting: 0 };
    if (turn.waiting > limits.maxAttemptsWaiting) {
      throw new DariError("resource_exhausted", "Too many sign-ins at once; try again", {
        retryAfterMs: limits.derivationRetryMs,
      });
    }
    turn.waiting++;
    this.#turns.set(name, turn);
    const before = turn.last;
    const { promise, resolve } = Promise.withResolvers<void>();
    turn.last = promise;
    await before;
    try {
      return await work();
    } finally {
      resolve();
      if (--turn.waiting === 0) this.#turns.delete(name);
    }
  }

  /** Brings a password to today's parameters while it is at hand. */
  async #rehash(account: AccountRecord, password: string): Promise<void> {
    const { accounts, iterations } = this.#parts;
    const phc = account.password?.phc;
    if (phc === undefined || parsePasswordHash(phc).iterations >= iterations) return;
    const record = await this.#derive(password);
    await accounts.update(
      accountId(account.name),
      (current) => current?.password?.phc === phc ? { ...current, password: record } : null,
    );
  }

  /**
   * What is kept of a new password.
   *
   * @param password The password, already checked.
   * @returns The record, by today's parameters.
   */
  async passwordRecord(password: string): Promise<PasswordRecord> {
    return await this.#parts.queue.run(() => this.#derive(password));
  }

  async #derive(password: string): Promise<PasswordRecord> {
    const { iterations, random } = this.#parts;
    const phc = await hashPassword(password, { iterations, random });
    return { phc, scram: await createScramVerifier(password, { iterations, random }) };
  }
}

function asLocked(error: unknown): AccountLockedError {
  if (error instanceof AccountLockedError) return error;
  throw error;
}
