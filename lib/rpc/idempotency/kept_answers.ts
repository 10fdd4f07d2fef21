/**
 * Runs each call with an idempotency key once, and keeps its answer.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { type AnswerRecord, type AnswerState, parseRecord } from "./answer_record.ts";
import { AnswerShares } from "./answer_shares.ts";
import { type AnswerStore, MemoryAnswers } from "./answer_store.ts";
import { ANSWERS } from "./call_identity.ts";
import { RunningOn } from "./running_on.ts";

/** How a server keeps the answers of calls with an idempotency key. */
export interface IdempotencyOptions {
  /**
   * How long an answer is kept, in milliseconds.
   *
   * @default {86_400_000}
   */
  readonly keepMs?: number | undefined;
  /**
   * The most bytes of all answers. Where there is no more room, the caller who has most gives up its
   * oldest answers, none younger than a minute.
   *
   * @default {67_108_864}
   */
  readonly maxBytes?: number | undefined;
  /**
   * The most bytes of the answers of one caller.
   *
   * @default {16_777_216}
   */
  readonly maxBytesPerPrincipal?: number | undefined;
  /**
   * Where answers are kept, for instance the store of `openSqliteStore`: then they outlive the server.
   * It stays yours to close.
   *
   * @default {in memory}
   */
  readonly store?: AnswerStore | undefined;
  /**
   * Whether several servers use the store at once. A call that one of them runs is `unavailable` at
   * the others, for a moment; what a server left behind that crashed is told from that by the
   * deadline of the call alone. Without it one that was begun before this server is known to be cut.
   *
   * @default {false}
   */
  readonly shared?: boolean | undefined;
}

/** One call with a key. */
export interface KeyedTask {
  /** Under which its answer is kept. */
  readonly name: string;
  /** What is the same for every try of it. */
  readonly digest: string;
  /** For messages. */
  readonly method: string;
  /** Whether running it twice does no harm. */
  readonly isIdempotent: boolean;
  /** Whether nobody waits for it any more, so that it need not begin. */
  isGivenUp(): boolean;
  /** How long it may take from now on, in milliseconds. */
  leftMs(): number;
}

/** How a call that was run ended: with an answer to keep, or `undefined` where it may be run again. */
export interface RunEnd {
  readonly keep: AnswerState | undefined;
  /** Gives what the caller of this try gets, or throws it. */
  readonly settle: () => unknown;
}

/** A call that runs. */
interface UnderWay {
  readonly digest: string;
  readonly ended: Promise<void>;
}

/**
 * Keeps answers.
 *
 * Invariant: of one name at most one call runs. One that is not idempotent begins only once the store
 * says that it has; so whatever ends the program, it is not run twice.
 */
export class KeptAnswers {
  /** The calls whose connections have ended. */
  readonly runningOn = new RunningOn();
  readonly #store: AnswerStore;
  readonly #shares: AnswerShares;
  /** Names this server in a store that several use. */
  readonly #life = crypto.randomUUID();
  readonly #isShared: boolean;
  readonly #keepMs: number;
  /** Kept free for the answer of each call that runs. */
  readonly #reserveBytes: number;
  readonly #now: () => number;
  readonly #underWay = new Map<string, UnderWay>();
  /** Counts what the store holds; made by the first call. */
  #counted: Promise<void> | undefined;

  /**
   * @param options Bounds and store.
   * @param now The time, in milliseconds since the epoch.
   * @throws {RangeError} For bounds that cannot be used.
   */
  constructor(options: IdempotencyOptions, now: () => number) {
    const {
      keepMs = limits.answerKeepMs,
      maxBytes = limits.maxAnswerBytes,
      maxBytesPerPrincipal = Math.min(maxBytes, limits.maxAnswerBytesPerPrincipal),
    } = options;
    for (const [name, value] of Object.entries({ keepMs, maxBytes, maxBytesPerPrincipal })) {
      if (!(value > 0)) throw new RangeError(`idempotency.${name} is ${value}; use more than 0`);
    }
    this.#store = options.store ?? new MemoryAnswers(now);
    this.#shares = new AnswerShares({ keepMs, maxBytes, maxBytesPerPrincipal });
    this.#reserveBytes = Math.min(limits.answerReserveBytes, maxBytes, maxBytesPerPrincipal);
    this.#keepMs = keepMs;
    this.#isShared = options.shared ?? false;
    this.#now = now;
  }

  /** The bytes of all that is kept, as far as it was counted. */
  get bytes(): number {
    return this.#shares.bytes;
  }

  /**
   * Runs a call, unless it was run already.
   *
   * @param task The call.
   * @param act Runs it; never rejects.
   * @returns The answer that was kept, or how the call ended now.
   * @throws {DariError} `failed_precondition` where the key is another call's, or it is not known
   * whether the call has run; `resource_exhausted` where there is no room to keep its answer.
   */
  async run(task: KeyedTask, act: () => Promise<RunEnd>): Promise<AnswerState | RunEnd> {
    const { name, digest } = task;
    for (;;) {
      const other = this.#underWay.get(name);
      if (other === undefined) break;
      if (other.digest !== digest) throw anotherCall();
      await other.ended;
    }
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    this.#underWay.set(name, { digest, ended });
    try {
      return await this.#begin(task) ?? await this.#runOnce(task, act);
    } finally {
      this.#underWay.delete(name);
      resolve();
    }
  }

  /** Writes down that a call begins; gives the answer instead that is kept of it. */
  async #begin(task: KeyedTask): Promise<AnswerState | undefined> {
    await (this.#counted ??= this.#count());
    for (;;) {
      const kept = await this.#store.get(task.name);
      const answer = kept === null ? undefined : this.#answerIn(parseRecord(kept.value), task);
      if (answer !== undefined) return answer;
      if (task.isGivenUp()) throw givenUp(task);
      if (task.isIdempotent) return undefined;
      const untilMs = this.#now() + task.leftMs();
      const begun = { of: task.digest, state: "begun", by: this.#life, untilMs } as const;
      try {
        // Room for the answer too: where there is none, nothing is run.
        await this.#keep(task.name, begun, this.#reserveBytes, kept?.version ?? 0);
        if (!task.isGivenUp()) return undefined;
        await this.#forget(task.name); // its credential was revoked meanwhile, or its time is over
        throw givenUp(task);
      } catch (error) {
        if (!isConflict(error)) throw error;
        this.#shares.remove(task.name); // another server has begun it: its record is read next
      }
    }
  }

  /** The answer in a record; `undefined` where the call may be run. */
  #answerIn(record: AnswerRecord, task: KeyedTask): AnswerState | undefined {
    if (record.of !== task.digest) throw anotherCall();
    const { state } = record;
    if (state === "result" || state === "error") return record;
    if (task.isIdempotent) return undefined;
    if (state === "unkept") throw notKept(task, record.why);
    if (this.#isShared && state === "begun" && record.by !== this.#life) {
      const leftMs = record.untilMs - this.#now();
      if (leftMs > 0) throw atWork(task, Math.min(leftMs, limits.answerPollMs));
    }
    throw unknown(task);
  }

  async #runOnce(task: KeyedTask, act: () => Promise<RunEnd>): Promise<RunEnd> {
    const { name, isIdempotent } = task;
    const end = await act();
    const { keep } = end;
    try {
      if (keep !== undefined) await this.#keepAnswer(task, keep);
      else if (!isIdempotent) await this.#forget(name);
    } catch {
      // What was begun stays begun: nobody runs it again. Its caller gets its answer this once.
    }
    return end;
  }

  async #keepAnswer({ name, digest, isIdempotent }: KeyedTask, answer: AnswerState): Promise<void> {
    try {
      await this.#keep(name, { ...answer, of: digest });
    } catch (error) {
      if (isIdempotent) return;
      const why = error instanceof DariError ? error.message : "the store failed";
      await this.#keep(name, { of: digest, state: "unkept", why });
    }
  }

  async #keep(
    name: string,
    record: AnswerRecord,
    leastBytes = 0,
    ifVersion?: number,
  ): Promise<void> {
    const text = JSON.stringify(record);
    const nowMs = this.#now();
    const bytes = Math.max(leastBytes, name.length + text.length);
    const gone = this.#shares.makeRoom(name, bytes, nowMs);
    this.#shares.add(name, bytes, nowMs);
    for (const each of gone) await this.#store.delete(each);
    const expiresAtMs = nowMs + this.#keepMs;
    const how = ifVersion === undefined ? { expiresAtMs } : { expiresAtMs, ifVersion };
    await this.#store.put(name, text, how);
  }

  async #forget(name: string): Promise<void> {
    this.#shares.remove(name);
    await this.#store.delete(name);
  }

  async #count(): Promise<void> {
    try {
      const kept = [...await this.#store.list(ANSWERS)];
      const sinceMs = (expiresAtMs = this.#now() + this.#keepMs) => expiresAtMs - this.#keepMs;
      kept.sort((a, b) => sinceMs(a.expiresAtMs) - sinceMs(b.expiresAtMs));
      for (const { key, value, expiresAtMs } of kept) {
        this.#shares.add(key, key.length + value.length, sinceMs(expiresAtMs));
      }
    } catch (cause) {
      this.#counted = undefined;
      throw cause;
    }
  }
}

/** Whether a conditional put found what another server had put. */
function isConflict(error: unknown): boolean {
  return error instanceof DariError && error.code === "failed_precondition" && error.retryable;
}

function atWork({ method }: KeyedTask, retryAfterMs: number): DariError {
  const message = `"${method}" is being run with this idempotency key by another server`;
  return new DariError("unavailable", message, { retryAfterMs });
}

function givenUp({ method }: KeyedTask): DariError {
  return new DariError("cancelled", `"${method}" was given up`);
}

function anotherCall(): DariError {
  return new DariError(
    "failed_precondition",
    "The idempotency key was used for a call with another method or other params; use a new key",
  );
}

function unknown({ method }: KeyedTask): DariError {
  return new DariError(
    "failed_precondition",
    `It is not known whether "${method}" has run: the call with this idempotency key was cut. Look ` +
      "at what it should have done before you call it with a new key",
  );
}

function notKept({ method }: KeyedTask, why: string): DariError {
  return new DariError(
    "failed_precondition",
    `"${method}" has run with this idempotency key, and its answer was not kept: ${why}. Look at what ` +
      "it has done before you call it with a new key",
  );
}
