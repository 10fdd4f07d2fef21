/**
 * What a server did in the last minutes: charts begin with the past, and not with the moment in which
 * somebody looks.
 *
 * @module
 */

import { abortable } from "../../base/abort.ts";
import { limits } from "../../base/limits.ts";
import type { MetricsSource } from "../metrics/family.ts";
import type { MetricsReport } from "../metrics/metrics_method.ts";
import { type MethodRates, type Rates, ratesOf } from "../metrics/rates.ts";

/** What a server did in one step, and how it stood at its end. */
export type HistorySample = Omit<Rates, "methods" | "version" | "startedAtMs" | "threads">;

/** One item of `rpc.history`. */
export interface HistoryItem {
  /** The samples since the item before, the oldest first; of the first item all that are kept. */
  readonly samples: readonly HistorySample[];
  /** The methods of the newest sample, those with the most calls first. */
  readonly methods: readonly MethodRates[];
}

/** What {@linkcode History} works with. */
export interface HistoryOptions {
  /** The time, in milliseconds since the epoch. */
  readonly now: () => number;
  /** How often it looks, in milliseconds. @default {limits.historyStepMs} */
  readonly stepMs?: number | undefined;
  /** How many samples it keeps. @default {limits.historySteps} */
  readonly steps?: number | undefined;
}

/** Looks at the metrics of a server now and then. */
export class History {
  readonly #source: MetricsSource;
  readonly #options: HistoryOptions;
  #last: MetricsReport | undefined;
  #samples: HistorySample[] = [];
  #methods: readonly MethodRates[] = [];
  /** How many samples there have been. */
  #count = 0;
  /** Resolves with the next sample; then there is another one. */
  #next = Promise.withResolvers<void>();

  /**
   * @param source The metrics.
   * @param options How often it looks.
   */
  constructor(source: MetricsSource, options: HistoryOptions) {
    this.#source = source;
    this.#options = options;
  }

  /** Begins to look. Disposing ends it. */
  start(): Disposable {
    this.look();
    const timer = setInterval(() => this.look(), this.#options.stepMs ?? limits.historyStepMs);
    Deno.unrefTimer(timer);
    return { [Symbol.dispose]: () => clearInterval(timer) };
  }

  /** The newest sample; `undefined` before there are two looks to compare. */
  get latest(): HistorySample | undefined {
    return this.#samples.at(-1);
  }

  /** Looks once, and compares with the time before. */
  look(): void {
    const report = { atMs: this.#options.now(), metrics: this.#source.collect() };
    const before = this.#last;
    this.#last = report;
    if (before === undefined) return;
    const { methods, version: _version, startedAtMs: _startedAtMs, threads: _threads, ...sample } =
      ratesOf(before, report);
    this.#methods = methods.slice(0, limits.maxHistoryMethods);
    this.#samples.push(sample);
    const { steps = limits.historySteps } = this.#options;
    if (this.#samples.length > steps) this.#samples.shift();
    this.#count += 1;
    this.#next.resolve();
    this.#next = Promise.withResolvers();
  }

  /**
   * Gives what there is, and then each new sample.
   *
   * @param signal Ends it.
   */
  async *watch(signal: AbortSignal): AsyncGenerator<HistoryItem, void> {
    // A server that has just begun has nothing to compare with yet, and somebody waits.
    if (this.#count === 0) this.look();
    let seen = 0;
    while (true) {
      const fresh = Math.min(this.#count - seen, this.#samples.length);
      const samples = fresh === 0 ? [] : this.#samples.slice(-fresh);
      seen = this.#count;
      yield { samples, methods: this.#methods };
      // A slow reader gets the samples of the meantime together.
      if (seen === this.#count) await abortable(this.#next.promise, signal);
    }
  }
}
