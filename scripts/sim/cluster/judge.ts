/**
 * What must hold of servers that share a store, and who notices that it does not.
 *
 * @module
 */

import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import type { Timeline } from "../time/timeline.ts";
import { History } from "./history.ts";
import type { ClusterSetup } from "./plan.ts";
import type { ClusterPromised, ClusterViolation } from "./violation.ts";

/** An account of a run. */
export interface SimulatedAccount {
  readonly name: string;
  /** Whether somebody has tried to disable it. */
  isDoubtful: boolean;
  /** When it was disabled, on the clock of the run. */
  endedAt: number;
}

/** A credential of a run. */
export interface SimulatedCredential {
  readonly kind: "session" | "key";
  readonly id: string;
  readonly token: string;
  readonly account: SimulatedAccount;
  /** When whoever made it was told so. */
  readonly madeAt: number;
  /** How often somebody has tried to revoke it. */
  tries: number;
  /** When it was revoked; `Infinity` while it is good. */
  revokedAt: number;
}

/** The answer to a call with a key, and when it was given first, on the clock of the run. */
interface GivenAnswer {
  readonly answer: string;
  readonly atMs: number;
}

/** What calls fail with where things go wrong. */
const REASONS = ["unavailable", "resource_exhausted"];

/** Watches one run. */
export class ClusterJudge {
  readonly violations: ClusterViolation[] = [];
  readonly history: History;
  readonly credentials: SimulatedCredential[] = [];
  readonly #time: Timeline;
  readonly #isCalm: boolean;
  readonly #skewMs: number;
  /** When wrong passwords of an account were told so. */
  readonly #guesses = new Map<string, number[]>();
  /** Who was told to have a name. */
  readonly #claimed = new Map<string, number>();
  /** Where the call with a key ran, and what it was answered with. */
  readonly #ran = new Map<string, string>();
  readonly #answers = new Map<string, GivenAnswer>();

  /**
   * @param time The clock.
   * @param about Whether nothing goes wrong in this run, and how it is set up.
   */
  constructor(
    time: Timeline,
    { isCalm, setup }: { readonly isCalm: boolean; readonly setup: ClusterSetup },
  ) {
    this.#time = time;
    this.#isCalm = isCalm;
    this.#skewMs = setup.skewMs;
    this.history = new History(() => time.now(), ({ promise, what }) => this.broke(promise, what));
  }

  /** A promise was broken. */
  broke(promise: ClusterPromised, what: string): void {
    this.#time.note(`BROKEN ${promise}: ${what}`);
    this.violations.push({ promise, what });
  }

  /** A call failed. */
  failed(what: string, error: unknown, also: readonly string[] = []): void {
    const code = error instanceof DariError ? error.code : String(error);
    this.#time.note(`${what} failed: ${error}`);
    const isExplained = also.includes(code) || (REASONS.includes(code) && !this.#isCalm);
    if (!isExplained) this.broke("calls fail only for a reason", `${what} failed: ${error}`);
  }

  /**
   * A server served something from what it knows.
   *
   * @param what What it did.
   * @param freshAt When it last heard of itself through the log.
   */
  knew(what: string, freshAt: number): void {
    const ms = this.#time.now() - freshAt;
    if (ms <= limits.maxStoreStalenessMs) return;
    this.broke(
      "what is read is not older than the bound",
      `${what} with what was known ${ms} ms before`,
    );
  }

  /** A credential was taken. */
  served({ account, kind, revokedAt }: SimulatedCredential, what: string): void {
    const endedAt = Math.min(revokedAt, account.endedAt);
    const ms = this.#time.now() - endedAt;
    if (endedAt === Infinity || ms <= limits.maxStoreStalenessMs) return;
    this.broke(
      "no revoked credential is served beyond the bound",
      `${what} for a ${kind} of ${account.name} that was revoked ${ms} ms before`,
    );
  }

  /** A credential was refused to whoever had shown it. */
  refused(credential: SimulatedCredential, what: string, beganAt: number): void {
    const { account, tries, madeAt } = credential;
    if (tries > 0 || account.isDoubtful) return;
    if (beganAt < madeAt + limits.maxStoreStalenessMs) return;
    this.broke("whoever may get in gets in", `${what} refused a good one of ${account.name}`);
  }

  /** A wrong password was told to be wrong. */
  guessed(account: string): void {
    const guesses = this.#guesses.get(account) ?? [];
    this.#guesses.set(account, guesses);
    guesses.push(this.#time.now());
    // A lock ends earlier for a server whose clock is ahead of that of the server that made it.
    const lockMs = limits.lockoutMs - 2 * this.#skewMs;
    const locks = 1 + Math.floor((this.#time.now() - guesses[0]!) / lockMs);
    if (guesses.length <= locks * limits.lockoutFailures) return;
    this.broke("guesses are counted together", `${account} was guessed at ${guesses.join(", ")}`);
  }

  /** Whether an account is certainly locked. */
  isLocked(account: string): boolean {
    const guesses = this.#guesses.get(account) ?? [];
    const last = guesses.at(-1);
    return guesses.length === limits.lockoutFailures && last !== undefined &&
      this.#time.now() - last < limits.lockoutMs - 2 * this.#skewMs;
  }

  /** An account was made. */
  claimed(name: string, step: number): void {
    const other = this.#claimed.get(name);
    this.#claimed.set(name, step);
    if (other === undefined) return;
    this.broke("writes follow one another", `steps ${other} and ${step} both made ${name}`);
  }

  /** The names of the accounts that were made. */
  get names(): Iterable<string> {
    return this.#claimed.keys();
  }

  /** The handler of a call with a key begins. */
  ran(key: string, where: string): void {
    const other = this.#ran.get(key);
    this.#ran.set(key, where);
    if (other === undefined) return;
    this.broke("no call with a key runs twice", `${key} ran at ${other} and at ${where}`);
  }

  /** A call with a key was answered. */
  answered(key: string, answer: string): void {
    const { answer: other } = this.#answers.get(key) ?? { answer };
    if (!this.#answers.has(key)) this.#answers.set(key, { answer, atMs: this.#time.now() });
    if (other === answer) return;
    this.broke("a key has one answer", `${key} was answered ${other} and ${answer}`);
  }

  /** A call with a key failed, which was begun then. */
  unanswered(key: string, what: string, error: unknown, beganAtMs: number): void {
    this.failed(what, error, ["failed_precondition", "unavailable"]);
    const given = this.#answers.get(key);
    const isPassing = error instanceof DariError && error.retryable;
    if (given === undefined || given.atMs > beganAtMs || isPassing) return;
    const before = `${key} was answered ${given.answer} ${beganAtMs - given.atMs} ms before`;
    this.broke("whoever has an answer gets it again", `${before}, and ${what}: ${error}`);
  }
}
