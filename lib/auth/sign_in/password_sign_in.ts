/**
 * Sign-in by password and by SCRAM: one path with the counting of failures, which no attempt can
 * avoid.
 *
 * The layers below know nothing of attempts: `proof/` checks a password or a SCRAM proof, `account/`
 * stores passwords and counts failures per account. What comes together here is the order: wait for
 * the account's turn and for a core, count the attempt, check it, take the count back when it was
 * right. What a right attempt makes, a session or nothing, is its caller's (`sign_in.ts`).
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { untilNoConflict } from "../../store/collection.ts";
import type { PutOperation } from "../../store/store.ts";
import type { AccountRecord } from "../account/account.ts";
import type { Accounts } from "../account/accounts.ts";
import { AccountLockedError, InactiveAccountError } from "../account/errors.ts";
import type { Lockout } from "../account/lockout.ts";
import { foldNameOrNull } from "../account/names.ts";
import { createPasswordRecord } from "../account/password_record.ts";
import type { SecondFactors } from "../factor/second_factors.ts";
import type { RandomBytes } from "../proof/bytes.ts";
import type { DerivationQueue } from "../proof/derive.ts";
import { AuthenticationError } from "../proof/errors.ts";
import {
  formatPasswordHash,
  parsePasswordHash,
  passwordBytes,
  verifyPassword,
} from "../proof/password.ts";
import type { ScramVerifier } from "../proof/scram.ts";
import { SecondFactorRequiredError } from "../proof/second_factor.ts";
import type { Decoys } from "./decoys.ts";
import type { PeerLimit } from "./peers/peer_limit.ts";
import { Turns } from "../account/turns.ts";

/** What sign-in by password needs; `openIdentity` makes all of it, and none of it has an end. */
export interface PasswordSignInParts {
  /** The accounts. */
  readonly accounts: Accounts;
  /** Checks the codes of accounts that have a second factor. */
  readonly factors: Pick<SecondFactors, "check">;
  /** Failures per account; shared with the accounts, which can end a lock. */
  readonly lockout: Lockout;
  /** Failures per peer. */
  readonly peers: PeerLimit;
  /** Where derivations wait for a core; shared with the accounts. */
  readonly queue: DerivationQueue;
  /** What unknown accounts are answered with. */
  readonly decoys: Decoys;
  /** Where random bytes come from. */
  readonly random: RandomBytes;
  /** PBKDF2 iterations of new passwords. */
  readonly iterations: number;
}

/**
 * What happens after a right attempt. It has to write the given operations in one batch with what
 * else it writes: they take the count of the attempt back, and use up the code of a second factor. The
 * account's next attempt waits for it. It gets the kind of that factor. Where another sign-in used the code first, the batch conflicts,
 * and nothing was written.
 */
export type AfterCheck<T> = (
  account: AccountRecord,
  also: readonly PutOperation[],
  factor: string | undefined,
) => Promise<T>;

/** What an attempt brings beside its secret, and where it comes from. */
export interface AttemptFacts {
  /** The code of a second factor, where the client sent one. */
  readonly code?: string | undefined;
  /** The peer's address, for the limit per peer; absent where there is no peer. */
  readonly address?: string | undefined;
  /** Aborts when nobody waits for the attempt any more: one that has not begun is dropped. */
  readonly signal?: AbortSignal | undefined;
}

/** One attempt: how its secret is checked, and what happens when it was right. */
interface Attempt<T> {
  readonly username: string;
  readonly facts: AttemptFacts;
  /** Runs the attempt, now or when a core is free. */
  readonly admit: DerivationQueue["run"];
  /** The account where the secret is right, `null` where it is wrong. */
  readonly check: (name: string | null, locked: boolean) => Promise<AccountRecord | null>;
  readonly then: AfterCheck<T>;
}

/** Checks passwords and SCRAM proofs. */
export class PasswordSignIn {
  readonly #parts: PasswordSignInParts;
  /** One attempt of an account at a time: right ones must not lock each other out. */
  readonly #turns = new Turns();
  /** Made here: what is verified for an unknown account, to take the same time. No password fits. */
  readonly #decoyHash: string;

  /**
   * Puts sign-in by password together; `openIdentity` does that.
   *
   * @param parts What it needs.
   */
  constructor(parts: PasswordSignInParts) {
    this.#parts = parts;
    this.#decoyHash = formatPasswordHash({
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
   * @param facts Its code, and where it comes from.
   * @param then What happens when the password is right.
   * @returns The result of `then`.
   * @throws {AuthenticationError} When the name or the password is wrong.
   * @throws {AccountLockedError} When there were too many failures before.
   * @throws {InactiveAccountError} When the password is right, and the account disabled.
   * @throws {DariError} `resource_exhausted` when too many attempts wait, or the peer failed too often.
   * @throws The reason of the signal.
   */
  async withPassword<T>(
    username: string,
    password: string,
    facts: AttemptFacts,
    then: AfterCheck<T>,
  ): Promise<T> {
    passwordBytes(password);
    const { accounts, queue } = this.#parts;
    const check = async (name: string | null, locked: boolean) => {
      const account = name === null ? null : await accounts.find(name);
      const phc = locked ? undefined : account?.password?.phc;
      const right = await verifyPassword(password, phc ?? this.#decoyHash);
      if (phc === undefined || account === null || !right) return null;
      if (account.active) await this.#strengthen(account, password);
      // As it was when the password was right: a change since then voids the session made for it.
      return account;
    };
    // The attempt waits for a core before it is counted: one that the queue refuses writes nothing.
    return await this.#attempt({ username, facts, admit: queue.run, check, then });
  }

  /**
   * Finds what SCRAM's first answer needs of an account.
   *
   * @param username The name, in any spelling.
   * @returns The account and its verifier; for an unknown one `null` and a decoy, which stays the same
   * from try to try.
   */
  async scramVerifier(
    username: string,
  ): Promise<{ verifier: ScramVerifier; account: AccountRecord | null }> {
    const { accounts, decoys, iterations } = this.#parts;
    const name = foldNameOrNull(username);
    // Made for known accounts as well, so that both take the same time.
    const decoy = await decoys.scramVerifier(name ?? username, iterations);
    const account = name === null ? null : await accounts.find(name);
    if (account?.password === undefined) return { verifier: decoy, account: null };
    return { verifier: account.password.scram, account };
  }

  /**
   * Checks a SCRAM proof, with the same counting.
   *
   * @param username The name, in any spelling.
   * @param facts Its code, and where it comes from.
   * @param account The account whose verifier was used in the exchange; `null` for a decoy.
   * @param prove Throws, or rejects, where the proof is wrong.
   * @param then What happens when the proof is right.
   * @returns The result of `then`.
   * @throws {AuthenticationError} When the name or the proof is wrong.
   * @throws {AccountLockedError} When there were too many failures before.
   * @throws {InactiveAccountError} When the proof is right, and the account disabled.
   * @throws {DariError} `resource_exhausted` when too many attempts wait, or the peer failed too often.
   * @throws The reason of the signal.
   */
  async withScram<T>(
    username: string,
    facts: AttemptFacts,
    account: AccountRecord | null,
    prove: () => void | Promise<void>,
    then: AfterCheck<T>,
  ): Promise<T> {
    const check = async (name: string | null, locked: boolean) => {
      try {
        await prove();
      } catch (error) {
        if (error instanceof AuthenticationError) return null;
        throw error;
      }
      // The right proof of a locked account counts like a wrong one, for its peer as well.
      if (locked || name === null || account === null) return null;
      // Read again: it may have changed since the exchange began.
      const now = await this.#parts.accounts.find(name);
      return now?.id === account.id && now.password?.phc === account.password?.phc ? now : null;
    };
    return await this.#attempt({ username, facts, admit: (work) => work(), check, then });
  }

  async #attempt<T>({ username, facts, admit, check, then }: Attempt<T>): Promise<T> {
    const { peers } = this.#parts;
    const { address, signal, code } = facts;
    // Looked at before the attempt waits, and again when it begins.
    if (address !== undefined) peers.check(address);
    const name = foldNameOrNull(username);
    const attempt = async () => {
      const end = address === undefined ? () => {} : await peers.begin(address, { signal });
      let isFailure = false;
      try {
        return await this.#checkCounted(name, { check, code, then }, () => isFailure = true);
      } finally {
        end(isFailure);
      }
    };
    return await this.#turns.take(name ?? "", signal, () => admit(attempt, { signal }));
  }

  /** Counts an attempt on an account as failed, checks it, and takes the count back where it was right. */
  async #checkCounted<T>(
    name: string | null,
    { check, code, then }: Pick<Attempt<T>, "check" | "then"> & {
      readonly code?: string | undefined;
    },
    failed: () => void,
  ): Promise<T> {
    const { lockout } = this.#parts;
    const countedName = name ?? "";
    const lock = await lockout.reserve(countedName).then(() => null, asLocked);
    let account: AccountRecord | null;
    try {
      account = await check(name, lock !== null);
      if (lock === null && account?.active) {
        const done = await this.#withCode(account, code, then);
        if (done !== undefined) return done.result;
        failed();
        throw new WrongCodeError("The code of the second factor is wrong or was used");
      }
    } catch (error) {
      // The secret was not checked, or it was right: that is no failure. What failed before still
      // counts: a password without a code must not make room for more guesses at the code.
      if (lock === null && !(error instanceof WrongCodeError)) {
        await lockout.release(countedName).catch(() => {}); // hides no error
      }
      throw error;
    }
    if (account === null) failed();
    if (lock !== null) throw lock;
    if (account === null) throw new AuthenticationError("The name or the password is wrong");
    await lockout.clear(countedName);
    throw new InactiveAccountError("The account is disabled");
  }

  /**
   * Checks the code of an account that has a second factor, and goes on where it is right.
   *
   * @returns `undefined` where the code is wrong.
   * @throws {SecondFactorRequiredError} When the attempt brought no code and needs one.
   */
  async #withCode<T>(
    account: AccountRecord,
    code: string | undefined,
    then: AfterCheck<T>,
  ): Promise<{ readonly result: T } | undefined> {
    const { factors, lockout } = this.#parts;
    // Where another server was faster to use the code, it is checked again, and is wrong by then.
    return await untilNoConflict(async () => {
      const verdict = await factors.check(account, code);
      if (verdict.kind === "missing") throw new SecondFactorRequiredError(verdict.kinds);
      if (verdict.kind === "wrong") return undefined;
      const uncount = lockout.clearing(account.name);
      const result = verdict.kind === "right"
        ? await then(account, [uncount, verdict.use], verdict.factor)
        : await then(account, [uncount], undefined);
      return { result };
    });
  }

  /** Stores a password under today's parameters, while it is at hand. */
  async #strengthen(account: AccountRecord, password: string): Promise<void> {
    const { accounts, iterations, random } = this.#parts;
    const phc = account.password?.phc;
    if (phc === undefined || parsePasswordHash(phc).iterations >= iterations) return;
    const record = await createPasswordRecord(password, { iterations, random });
    await accounts.strengthenPassword(account, record);
  }
}

/** The password was right and the code was not, which counts as a wrong password does. */
class WrongCodeError extends AuthenticationError {}

function asLocked(error: unknown): AccountLockedError {
  if (error instanceof AccountLockedError) return error;
  throw error;
}
