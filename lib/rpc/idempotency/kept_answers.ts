/**
 * Runs each call with an idempotency key once, and keeps its answer.
 *
 * @module
 */

import { settlesWithin } from "../../base/abort.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { AnswerRecord, AnswerState } from "./answer_record.ts";
import { AnswerRecords } from "./answer_records.ts";
import { type AnswerStore, MemoryAnswers } from "./answer_store.ts";
import * as told from "./key_errors.ts";
import type { KeyedTask, RunEnd } from "./keyed_task.ts";
import { RunningOn } from "./running_on.ts";
import { Unsettled } from "./unsettled.ts";

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

/** A call that runs, or of which the store did not take yet how it has ended. */
interface UnderWay {
  readonly digest: string;
  /** When it was begun, in milliseconds since the epoch. */
  readonly beganAtMs: number;
  /** Ends when it runs no more. */
  readonly ended: Promise<void>;
  /** Ends when the store has taken how it ended, or nobody tries that any more. */
  settled: Promise<void>;
  /** What callers are told until then. */
  error?: DariError;
}

/**
 * Keeps answers.
 *
 * Invariants: of one name at most one call runs. One that is not idempotent begins only once the store
 * says that it has; so whatever ends the program, it is not run twice. It is answered only once the
 * store says that its answer is kept; so a caller that has an answer gets it again.
 */
export class KeptAnswers {
  /** The calls whose connections have ended. */
  readonly runningOn = new RunningOn();
  readonly #records: AnswerRecords;
  readonly #unsettled: Unsettled;
  /** Names this server in a store that several use. */
  readonly #life = crypto.randomUUID();
  readonly #isShared: boolean;
  readonly #keepMs: number;
  /** Kept free for the answer of each call that runs. */
  readonly #reserveBytes: number;
  readonly #now: () => number;
  readonly #underWay = new Map<string, UnderWay>();

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
    const store = options.store ?? new MemoryAnswers(now);
    this.#records = new AnswerRecords(store, { keepMs, maxBytes, maxBytesPerPrincipal }, now);
    this.#unsettled = new Unsettled(now);
    this.#reserveBytes = Math.min(limits.answerReserveBytes, maxBytes, maxBytesPerPrincipal);
    this.#keepMs = keepMs;
    this.#isShared = options.shared ?? false;
    this.#now = now;
  }

  /** The bytes of all that is kept, as far as it was counted. */
  get bytes(): number {
    return this.#records.bytes;
  }

  /**
   * Runs a call, unless it was run already.
   *
   * @param task The call.
   * @param act Runs it; never rejects.
   * @returns The answer that was kept, or how the call ended now.
   * @throws {DariError} `failed_precondition` where the key is another call's, or it is not known
   * whether the call has run; `resource_exhausted` where there is no room to keep its answer;
   * `unavailable` where another server runs it, or the store takes nothing for now.
   */
  async run(task: KeyedTask, act: () => Promise<RunEnd>): Promise<AnswerState | RunEnd> {
    const { name, digest } = task;
    for (;;) {
      const other = this.#underWay.get(name);
      if (other === undefined) break;
      if (other.digest !== digest) throw told.anotherCall();
      if (other.error !== undefined) throw other.error;
      await other.ended;
    }
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const own: UnderWay = { digest, beganAtMs: this.#now(), ended, settled: ended };
    this.#underWay.set(name, own);
    try {
      return await this.#begin(task) ?? await this.#runOnce(task, act);
    } finally {
      if (own.error === undefined) this.#underWay.delete(name);
      resolve();
    }
  }

  /**
   * Waits for the calls that run and for a store that takes nothing; then it tries that no more.
   *
   * @param timeoutMs How long that may take, in milliseconds.
   */
  async end(timeoutMs: number): Promise<void> {
    this.#unsettled.end();
    const all = Array.from(this.#underWay.values(), ({ settled }) => settled);
    const ranOn = this.runningOn.end(timeoutMs);
    if (all.length > 0) await settlesWithin(Promise.all(all), timeoutMs);
    await ranOn;
  }

  /** Writes down that a call begins; gives the answer instead that is kept of it. */
  async #begin(task: KeyedTask): Promise<AnswerState | undefined> {
    for (;;) {
      const { record, version } = await this.#records.read(task.name) ?? { version: 0 };
      const answer = record === undefined ? undefined : this.#answerIn(record, task);
      if (answer === "seems lost") {
        if (await this.#isLost(task, version)) throw told.unknown(task);
        continue;
      }
      if (answer !== undefined) return answer;
      if (task.isGivenUp()) throw told.givenUp(task);
      if (task.isIdempotent || await this.#isBegun(task, version)) return undefined;
    }
  }

  /** The answer in a record; `undefined` where the call may be run. */
  #answerIn(record: AnswerRecord, task: KeyedTask): AnswerState | "seems lost" | undefined {
    if (record.of !== task.digest) throw told.anotherCall();
    const { state } = record;
    if (state === "result" || state === "error") return record;
    if (task.isIdempotent) return undefined;
    if (state === "unkept") throw told.notKept(task, record.why);
    // The server that runs it may have answered it nevertheless.
    if (this.#isShared && state === "lost") return "seems lost";
    if (this.#isShared && state === "begun" && record.by !== this.#life) {
      const leftMs = record.untilMs - this.#now();
      if (leftMs <= 0) return "seems lost";
      throw told.atWork(task, Math.min(leftMs, limits.answerPollMs));
    }
    throw told.unknown(task);
  }

  /**
   * What was read here may be old: that nobody has answered the call is known once this says that it is
   * lost. Otherwise another server has written something.
   */
  async #isLost(task: KeyedTask, version: number): Promise<boolean> {
    try {
      const { name, digest } = task;
      return await this.#records.replace(name, { of: digest, state: "lost" }, version);
    } catch (error) {
      throw isRefusal(error) ? error : told.notKnownYet(task);
    }
  }

  /** Writes down that a call begins; `false` where another server was faster. */
  async #isBegun(task: KeyedTask, version: number): Promise<boolean> {
    const { name, digest } = task;
    const untilMs = this.#now() + task.leftMs();
    const begun = { of: digest, state: "begun", by: this.#life, untilMs } as const;
    if (this.#unsettled.size >= limits.maxUnsettledAnswers) throw told.storeFails(task);
    // Room for the answer too: where there is none, nothing is run.
    await this.#records.makeRoom(name, begun, this.#reserveBytes);
    try {
      if (!await this.#records.replace(name, begun, version)) {
        this.#records.leaveRoom(name);
        return false;
      }
    } catch (error) {
      if (!isRefusal(error)) {
        throw this.#settle(task, () => this.#undo(name, begun, version), "free");
      }
      this.#records.leaveRoom(name);
      throw error;
    }
    if (!task.isGivenUp()) return true;
    // Its credential was revoked meanwhile, or its time is over.
    const free = () => this.#records.remove(name);
    await free().catch(() => this.#settle(task, free, "free"));
    throw told.givenUp(task);
  }

  /** Takes back that a call begins, which is written down or not. */
  async #undo(name: string, begun: AnswerRecord, version: number): Promise<void> {
    if (!await this.#records.replace(name, begun, version)) {
      const kept = await this.#records.read(name);
      // What another server has written stays.
      if (JSON.stringify(kept?.record) !== JSON.stringify(begun)) {
        return this.#records.leaveRoom(name);
      }
    }
    await this.#records.remove(name);
  }

  async #runOnce(task: KeyedTask, act: () => Promise<RunEnd>): Promise<RunEnd> {
    const end = await act();
    const { keep } = end;
    if (keep === undefined && task.isIdempotent) return end; // nothing was written down
    const write = () =>
      keep === undefined ? this.#records.remove(task.name) : this.#keepAnswer(task, keep);
    try {
      await write();
    } catch {
      // Of one that is idempotent nothing else is kept: the next call runs again.
      if (!task.isIdempotent) throw this.#settle(task, write, keep === undefined ? "free" : "keep");
    }
    return end;
  }

  async #keepAnswer({ name, digest }: KeyedTask, answer: AnswerState): Promise<void> {
    try {
      await this.#records.write(name, { ...answer, of: digest });
    } catch (error) {
      if (!(error instanceof DariError) || error.code !== "resource_exhausted") throw error;
      // It is too long, also for later.
      await this.#records.write(name, { of: digest, state: "unkept", why: error.message });
    }
  }

  /** Has the store take what it did not take, however long that needs; gives what callers are told. */
  #settle(task: KeyedTask, write: () => Promise<void>, to: "free" | "keep"): DariError {
    const own = this.#underWay.get(task.name)!;
    own.error = to === "keep" ? told.notKeptYet(task) : told.notFreeYet(task);
    own.settled = this.#unsettled.settle(write, own.beganAtMs + this.#keepMs).then((isOver) => {
      if (isOver) this.#underWay.delete(task.name);
    });
    return own.error;
  }
}

/** Whether nothing was written for certain; otherwise nobody knows. */
function isRefusal(error: unknown): boolean {
  return error instanceof DariError && (error.retryable || error.code === "io");
}
