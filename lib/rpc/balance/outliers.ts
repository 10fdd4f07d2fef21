/**
 * Sets servers aside whose calls fail or are slow, for a time that grows, and tries them again.
 *
 * @see {@link https://github.com/grpc/proposal/blob/master/A50-xds-outlier-detection.md | gRPC A50}
 * @module
 */

import { after } from "../../base/abort.ts";
import type { Clock } from "../../base/clock.ts";
import { DariError, type ErrorCode, TransportError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { OutlierOptions } from "./balance_options.ts";

/** What is known of one server's calls. */
export class Standing {
  /** Whether it gets no new calls for a while. */
  isSetAside = false;
  /** Errors since the last success. */
  errors = 0;
  /** How many calls are in the mean. */
  samples = 0;
  /** How long its calls took lately, in milliseconds. */
  meanMs = 0;
  /** How often it was set aside; goes down while it is well. */
  ejections = 0;
  /** When it was taken back last. */
  returnedAt = 0;
  /** Ends the timer after which it is taken back. */
  stopTimer = () => {};
}

/** The errors that say something of the server, and not of the call. */
const OF_SERVER: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "internal",
  "unavailable",
  "resource_exhausted",
  "deadline_exceeded",
]);

/** Compares the servers of one client. */
export class Outliers {
  readonly #settings: Required<{ [K in keyof OutlierOptions]: number }>;
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #changed: () => void;
  readonly #standings = new Set<Standing>();

  /**
   * @param options When a server is set aside.
   * @param clock The clock.
   * @param changed Told when a server was set aside or taken back.
   * @throws {RangeError} For numbers that are not above 0, and percentages above 100.
   */
  constructor(options: OutlierOptions, clock: Pick<Clock, "monotonic">, changed: () => void) {
    this.#settings = settingsOf(options);
    this.#clock = clock;
    this.#changed = changed;
  }

  /** @returns The standing of a server that is new. */
  join(): Standing {
    const standing = new Standing();
    this.#standings.add(standing);
    return standing;
  }

  /** A server is none of the client's any more. */
  leave(standing: Standing): void {
    standing.stopTimer();
    this.#standings.delete(standing);
  }

  /**
   * A call was answered.
   *
   * @param standing The server's.
   * @param tookMs How long that took, in milliseconds; `undefined` for a stream.
   */
  succeeded(standing: Standing, tookMs: number | undefined): void {
    standing.errors = 0;
    if (tookMs === undefined) return;
    const weight = Math.max(1 / ++standing.samples, limits.latencyWeight);
    standing.meanMs += (tookMs - standing.meanMs) * weight;
    const { minSlowMs, slowRatio } = this.#settings;
    if (tookMs < minSlowMs || standing.meanMs < minSlowMs) return;
    if (standing.samples < limits.minLatencySamples) return;
    const usualMs = this.#usualMs(standing);
    if (usualMs !== undefined && standing.meanMs > usualMs * slowRatio) this.#setAside(standing);
  }

  /**
   * A call failed.
   *
   * @param standing The server's.
   * @param error Why.
   * @param tookMs How long that took, in milliseconds.
   */
  failed(standing: Standing, error: unknown, tookMs: number | undefined): void {
    if (!(error instanceof DariError) || error.code === "cancelled") return;
    // A connection that broke is one error, however many calls it took with it.
    if (error instanceof TransportError) return;
    if (OF_SERVER.has(error.code)) this.broke(standing);
    else this.succeeded(standing, tookMs);
  }

  /** Something went wrong with a server: a call failed, or a connection broke. */
  broke(standing: Standing): void {
    if (++standing.errors >= this.#settings.consecutiveErrors) this.#setAside(standing);
  }

  /** The median of the other servers' means. */
  #usualMs(standing: Standing): number | undefined {
    const means: number[] = [];
    for (const other of this.#standings) {
      if (other !== standing && other.samples >= limits.minLatencySamples) means.push(other.meanMs);
    }
    means.sort((a, b) => a - b);
    return means[means.length >> 1];
  }

  #setAside(standing: Standing): void {
    if (standing.isSetAside || !this.#mayBeOneMore()) return;
    const { baseEjectionTimeMs, maxEjectionTimeMs } = this.#settings;
    const wellMs = this.#clock.monotonic() - standing.returnedAt;
    const forgiven = Math.floor(wellMs / baseEjectionTimeMs);
    standing.ejections = Math.max(0, standing.ejections - forgiven) + 1;
    standing.isSetAside = true;
    const ms = Math.min(maxEjectionTimeMs, baseEjectionTimeMs * standing.ejections);
    standing.stopTimer = after(ms, () => this.#takeBack(standing), { persistent: false });
    this.#changed();
  }

  #mayBeOneMore(): boolean {
    let aside = 1;
    for (const { isSetAside } of this.#standings) if (isSetAside) aside++;
    const count = this.#standings.size;
    return count > 1 && aside < count && aside * 100 <= this.#settings.maxEjectionPercent * count;
  }

  #takeBack(standing: Standing): void {
    standing.isSetAside = false;
    standing.errors = standing.samples = standing.meanMs = 0;
    standing.returnedAt = this.#clock.monotonic();
    this.#changed();
  }
}

function settingsOf(options: OutlierOptions): Required<{ [K in keyof OutlierOptions]: number }> {
  const {
    consecutiveErrors = limits.consecutiveErrors,
    baseEjectionTimeMs = limits.baseEjectionTimeMs,
    maxEjectionTimeMs = limits.maxEjectionTimeMs,
    maxEjectionPercent = limits.maxEjectionPercent,
    slowRatio = limits.slowServerRatio,
    minSlowMs = limits.minSlowMs,
  } = options;
  const settings = {
    consecutiveErrors,
    baseEjectionTimeMs,
    maxEjectionTimeMs,
    maxEjectionPercent,
    slowRatio,
    minSlowMs,
  };
  for (const [name, value] of Object.entries(settings)) {
    if (!(value > 0)) throw new RangeError(`${name} is ${value}; it must be above 0`);
  }
  if (maxEjectionPercent > 100) {
    throw new RangeError(`maxEjectionPercent is ${maxEjectionPercent}; it must be at most 100`);
  }
  return settings;
}
