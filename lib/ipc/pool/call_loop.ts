/**
 * A worker's loop: takes one call after the other from the pool's queue and runs it.
 *
 * Invariants:
 * - A call runs only after this worker has claimed its slot, so a call that is in the queue twice runs
 *   once, and a call that was withdrawn never runs. It also runs only if this thread was not ended
 *   before the claim; a call that was claimed too late goes back to the queue.
 * - `#taken` is a call that was taken from the queue and is not claimed yet; it is the next to run.
 *   `#frame` is what was taken last, so it is the frame of the call that is being claimed.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { turn } from "../../base/turn.ts";
import { Queue } from "../queue/queue.ts";
import type { CallRunner } from "./call_runner.ts";
import { decodeRequest, type RequestFrame } from "./wire/frame.ts";
import { LivingThreads } from "./wire/living_threads.ts";
import type { Start } from "./wire/protocol.ts";
import { CallSlots } from "./wire/slots.ts";
import { runWithWatchdog } from "./watchdog.ts";

/** What a loop needs of the message that starts its worker. */
export type CallLoopOptions = Pick<
  Start,
  "requests" | "slots" | "living" | "index" | "thread" | "graceMs"
>;

/** The loop of one worker. */
export class CallLoop {
  /** Opened here; closed by the pool. */
  readonly #requests: Queue<Uint8Array<ArrayBuffer>>;
  readonly #slots: CallSlots;
  readonly #living: LivingThreads;
  readonly #index: number;
  readonly #thread: number;
  readonly #graceMs: number;
  readonly #runner: CallRunner;
  #taken: RequestFrame | undefined;
  #frame: Uint8Array<ArrayBuffer> | undefined;
  /** Whether this thread was found to be ended; set once, by `#claim`. */
  #isEnded = false;

  constructor(options: CallLoopOptions, runner: CallRunner) {
    const { requests, slots, living, index, thread, graceMs } = options;
    this.#requests = Queue.open(requests);
    this.#slots = new CallSlots(slots);
    this.#living = new LivingThreads(living);
    this.#index = index;
    this.#thread = thread;
    this.#graceMs = graceMs;
    this.#runner = runner;
  }

  /** Runs calls until the pool closes the queue or ends this thread, or a call was stopped half-way. */
  async run(): Promise<void> {
    for (let request; !this.#isEnded && (request = await this.#next()) !== undefined;) {
      if (!this.#claim(request)) continue;
      const params = request.isLarge ? await this.#runner.askParams(request) : request.params;
      const { hasReturned, running } = this.#runBatch(request, params);
      // A method that was stopped half-way may have left its module in any state.
      if (!hasReturned) return;
      await (running ?? turn());
    }
  }

  /** Runs a call, and the calls that come right behind it, under one watchdog. */
  #runBatch(first: RequestFrame, params: unknown): { hasReturned: boolean; running: unknown } {
    const start = performance.now();
    const watchdogMs = first.timeoutMs + this.#graceMs + limits.poolWatchdogSlackMs;
    let running: Promise<void> | undefined;
    const hasReturned = runWithWatchdog(() => {
      running = this.#runner.run(first, params);
      while (running === undefined) {
        const isOver = performance.now() - start >= limits.poolBatchMs;
        const next = isOver ? undefined : this.#nextWithin(limits.poolBatchMs);
        if (next === undefined) return;
        if (next.isLarge || !this.#fits(next, start + watchdogMs)) {
          this.#taken = next;
          return;
        }
        if (this.#claim(next)) running = this.#runner.run(next, next.params);
        else if (this.#isEnded) return;
      }
    }, watchdogMs);
    return { hasReturned, running };
  }

  /** Claims a call; `false` where it must not run here. */
  #claim(request: RequestFrame): boolean {
    if (!this.#slots.claim(request, this.#index)) return false;
    if (this.#living.has(this.#index, this.#thread)) return true;
    this.#isEnded = true;
    if (this.#frame !== undefined && this.#slots.giveBack(request, this.#index)) {
      try {
        this.#requests.putSync(this.#frame, limits.poolGiveBackMs);
      } catch { /* the pool is closed; or the call fails at its deadline */ }
    }
    return false;
  }

  /** Whether the watchdog would stop the call neither before its time nor long after it. */
  #fits({ timeoutMs }: RequestFrame, watchdogEnd: number): boolean {
    const spareMs = watchdogEnd - performance.now() - timeoutMs - this.#graceMs;
    return spareMs >= 0 && spareMs <= 2 * limits.poolWatchdogSlackMs;
  }

  async #next(): Promise<RequestFrame | undefined> {
    const taken = this.#taken;
    this.#taken = undefined;
    if (taken !== undefined) return taken;
    const frame = this.#frame = await this.#requests.get();
    return frame && decodeRequest(frame);
  }

  /**
   * The next call, if it comes in time. Blocking the thread for it makes short calls fast: they share
   * a watchdog, and a blocked thread wakes up sooner than an event loop. The time is always the same:
   * a sleep of less than a tick of the system costs twice as much, since it sets a timer of its own.
   */
  #nextWithin(ms: number): RequestFrame | undefined {
    let frame = this.#requests.tryGet();
    try {
      frame ??= this.#requests.getSync(ms);
    } catch (error) {
      if (!(error instanceof DariError && error.code === "deadline_exceeded")) throw error;
    }
    if (frame === undefined) return undefined;
    this.#frame = frame;
    return decodeRequest(frame);
  }
}
