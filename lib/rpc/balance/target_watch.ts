/**
 * Asks again and again which servers there are.
 *
 * @module
 */

import { after, deadline } from "../../base/abort.ts";
import { type Clock, systemClock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import type { Backoff } from "../link/backoff.ts";
import { errorOf, unavailable } from "../link/link_errors.ts";
import type { Target, TargetSource } from "./target.ts";

/** Told which servers there are. */
export interface TargetWatchEvents {
  /** These are the servers now: at least one, each address once. */
  found(targets: readonly Target[]): void;
  /** It could not be found out; those that were found before still count. */
  failed(error: Error): void;
}

/** What a {@linkcode TargetWatch} is made with. */
export interface TargetWatchOptions {
  /** How long one answer may take, in milliseconds. */
  readonly timeoutMs: number;
  /** The pauses behind answers that failed. */
  readonly backoff: Backoff;
  /** Where the time comes from. */
  readonly clock?: Clock | undefined;
}

/**
 * Asks a source when its answer has grown old, and when servers cannot be reached.
 *
 * Invariant: at most one question is under way, and none begins once it is closed.
 */
export class TargetWatch {
  readonly #source: TargetSource;
  readonly #events: TargetWatchEvents;
  readonly #options: TargetWatchOptions;
  readonly #clock: Clock;
  /** Aborted by `close`. */
  readonly #closing = new AbortController();
  #isAsking = false;
  #askedAt = -Infinity;
  /** Ends the wait for the next question. */
  #stopTimer = () => {};

  /**
   * @param source Knows which servers there are.
   * @param events Told what it says.
   * @param options Its times.
   */
  constructor(source: TargetSource, events: TargetWatchEvents, options: TargetWatchOptions) {
    this.#source = source;
    this.#events = events;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Whether an answer is awaited. */
  get isAsking(): boolean {
    return this.#isAsking;
  }

  /** Asks now, or as soon as the last question is long enough ago. */
  refresh(): void {
    if (this.#isAsking || this.#closing.signal.aborted) return;
    if (this.#source.isFixed && this.#askedAt > -Infinity) return;
    const leftMs = this.#askedAt + limits.minResolveIntervalMs - this.#clock.monotonic();
    if (leftMs <= 0) this.#ask();
    else this.#askIn(leftMs);
  }

  /** Asks no more. */
  close(): void {
    this.#stopTimer();
    this.#closing.abort();
  }

  async #ask(): Promise<void> {
    this.#stopTimer();
    this.#isAsking = true;
    this.#askedAt = this.#clock.monotonic();
    try {
      const { signal } = this.#closing;
      const { timeoutMs } = this.#options;
      const { targets, ttlMs } = await this.#answer(signal, timeoutMs);
      this.#isAsking = false;
      if (signal.aborted) return;
      this.#options.backoff.reset();
      if (!this.#source.isFixed) this.#askIn(boundTtl(ttlMs));
      this.#events.found(targets);
    } catch (thrown) {
      this.#isAsking = false;
      if (this.#closing.signal.aborted) return;
      this.#askIn(Math.max(this.#options.backoff.next(), limits.minResolveIntervalMs));
      this.#events.failed(errorOf(thrown));
    }
  }

  async #answer(
    signal: AbortSignal,
    timeoutMs: number,
  ): Promise<{ targets: readonly Target[]; ttlMs: number }> {
    const late = new AbortController();
    const either = AbortSignal.any([signal, late.signal]);
    try {
      const { targets, ttlMs } = await deadline(this.#source.resolve(either), timeoutMs, {
        signal,
      });
      const distinct = distinctTargets(targets);
      if (distinct.length === 0) throw unavailable("No server was named");
      return { targets: distinct, ttlMs };
    } catch (cause) {
      if (!(cause instanceof DOMException && cause.name === "TimeoutError")) throw cause;
      throw unavailable(`Which servers there are was not answered within ${timeoutMs} ms`);
    } finally {
      late.abort();
    }
  }

  #askIn(ms: number): void {
    this.#stopTimer();
    this.#stopTimer = after(ms, () => void this.#ask(), { persistent: false });
  }
}

/** The first of each address, and no more than a client connects to. */
function distinctTargets(targets: readonly Target[]): readonly Target[] {
  const byAddress = new Map<string, Target>();
  for (const target of targets) {
    if (byAddress.size >= limits.maxServers) break;
    if (!byAddress.has(target.address)) byAddress.set(target.address, target);
  }
  return [...byAddress.values()];
}

/** A time that is no number is as good as none. */
function boundTtl(ttlMs: number): number {
  const known = Number.isNaN(ttlMs) ? limits.resolveIntervalMs : ttlMs;
  return Math.min(limits.maxResolveIntervalMs, Math.max(limits.minResolveTtlMs, known));
}
