/**
 * A circuit breaker: calls of a server that fails most of them are refused here for a while, so that
 * it can recover and callers need not wait.
 *
 * @module
 */

import type { CallOutcome } from "../call/stream_call.ts";
import { markCallError } from "../../base/call_error.ts";
import { DariError, type ErrorCode } from "../../base/errors.ts";
import { reasonOf } from "../../base/file/reason.ts";
import { limits } from "../../base/limits.ts";
import { guardCallback } from "../observer_guard.ts";
import { checkAtLeast } from "../option_checks.ts";

/** When a circuit opens and closes. */
export interface CircuitOptions {
  /**
   * The share of failed calls from which it opens, above 0 and at most 1.
   *
   * @default {0.5}
   */
  readonly failureRate?: number | undefined;
  /**
   * The fewest calls in the window from which a share is taken.
   *
   * @default {20}
   */
  readonly minCalls?: number | undefined;
  /**
   * How long a call counts, in milliseconds.
   *
   * @default {10_000}
   */
  readonly windowMs?: number | undefined;
  /**
   * How long it stays open before one call tries the server, in milliseconds.
   *
   * @default {5_000}
   */
  readonly openMs?: number | undefined;
  /**
   * The errors that count as failures; every other answer shows that the server works.
   *
   * @default {["unavailable", "deadline_exceeded", "resource_exhausted"]}
   */
  readonly failureCodes?: readonly ErrorCode[] | undefined;
  /** Told of each change. */
  readonly onChange?: ((status: CircuitStatus) => void) | undefined;
}

/** How a circuit stands. */
export interface CircuitStatus {
  /** `closed`: calls go through; `open`: none does; `half-open`: one tries the server. */
  readonly state: "closed" | "open" | "half-open";
  /** Why it is not closed. */
  readonly reason?: string | undefined;
  /** While it is open: how long until a call is let through, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

const FAILURES: readonly ErrorCode[] = ["unavailable", "deadline_exceeded", "resource_exhausted"];

/** The calls of one half of the window. */
interface Tally {
  calls: number;
  failures: number;
}

/**
 * One circuit. The window moves by halves: calls of the current half and of the one before count.
 *
 * Invariant: `#probe` is set only while half-open, and names the one call that was let through.
 */
export class Circuit {
  readonly #monotonic: () => number;
  readonly #settings: Readonly<
    Record<"failureRate" | "minCalls" | "windowMs" | "openMs", number>
  >;
  readonly #failureCodes: ReadonlySet<ErrorCode>;
  readonly #tell: (status: CircuitStatus) => void;
  #state: CircuitStatus["state"] = "closed";
  #reason: string | undefined;
  #before: Tally = { calls: 0, failures: 0 };
  #current: Tally = { calls: 0, failures: 0 };
  #halfBeganAt: number;
  #openUntil = 0;
  #probe: CallOutcome | undefined;

  /**
   * @param options When it opens and closes.
   * @param monotonic The clock, in milliseconds.
   * @throws {RangeError} For a number that cannot be used, which it names.
   */
  constructor(options: CircuitOptions, monotonic: () => number) {
    const {
      failureRate = limits.circuitFailureRate,
      minCalls = limits.circuitMinCalls,
      windowMs = limits.circuitWindowMs,
      openMs = limits.circuitOpenMs,
      failureCodes = FAILURES,
      onChange = () => {},
    } = options;
    if (!(failureRate > 0 && failureRate <= 1)) {
      throw new RangeError(`circuit.failureRate is ${failureRate}; use more than 0 and at most 1`);
    }
    checkAtLeast("circuit.minCalls", minCalls, 1);
    checkAtLeast("circuit.windowMs", windowMs, 1);
    checkAtLeast("circuit.openMs", openMs, 0);
    this.#settings = { failureRate, minCalls, windowMs, openMs };
    this.#failureCodes = new Set(failureCodes);
    this.#tell = guardCallback(onChange);
    this.#monotonic = monotonic;
    this.#halfBeganAt = monotonic();
  }

  /** How it stands. */
  get status(): CircuitStatus {
    if (this.#state === "closed") return { state: "closed" };
    const reason = this.#reason;
    if (this.#state === "half-open") return { state: "half-open", reason };
    const retryAfterMs = Math.max(0, this.#openUntil - this.#monotonic());
    return { state: "open", reason, retryAfterMs };
  }

  /** Whether the next call would try the server. */
  get awaitsTry(): boolean {
    return this.#state !== "closed" && this.#probe === undefined &&
      this.#openUntil <= this.#monotonic();
  }

  /**
   * Lets a call through.
   *
   * @param mayProbe Whether the call ends soon, so that it can try a server that failed.
   * @returns Takes how it ended.
   * @throws {DariError} `unavailable` with `retryAfterMs` while it is open.
   */
  admit(mayProbe = true): CallOutcome {
    const call: CallOutcome = {
      succeeded: () => this.#ended(call, undefined),
      failed: (error) => this.#ended(call, error),
    };
    if (this.#state === "closed") return call;
    const leftMs = this.#openUntil - this.#monotonic();
    if (!mayProbe || this.#probe !== undefined || leftMs > 0) throw this.#refusal(leftMs);
    this.#probe = call;
    if (this.#state !== "half-open") this.#turn("half-open");
    return call;
  }

  #ended(call: CallOutcome, error: unknown): void {
    const isFailure = error instanceof DariError && this.#failureCodes.has(error.code);
    // One that its caller gave up says nothing, and where it tried the server, the next call does.
    const isGivenUp = !isFailure && error instanceof DariError && error.code === "cancelled";
    if (this.#state === "closed") return isGivenUp ? undefined : this.#count(isFailure, error);
    if (call !== this.#probe) return; // it began before the circuit opened
    this.#probe = undefined;
    if (isFailure) return this.#open(`a call that tried it failed: ${error.message}`);
    if (isGivenUp) return;
    this.#before = { calls: 0, failures: 0 };
    this.#current = { calls: 0, failures: 0 };
    this.#turn("closed");
  }

  #count(isFailure: boolean, error: unknown): void {
    const { windowMs, minCalls, failureRate } = this.#settings;
    const ageMs = this.#monotonic() - this.#halfBeganAt;
    if (ageMs >= windowMs / 2) {
      this.#before = ageMs < windowMs ? this.#current : { calls: 0, failures: 0 };
      this.#current = { calls: 0, failures: 0 };
      this.#halfBeganAt += ageMs;
    }
    this.#current.calls++;
    if (!isFailure) return;
    this.#current.failures++;
    const calls = this.#before.calls + this.#current.calls;
    const failures = this.#before.failures + this.#current.failures;
    if (calls < minCalls || failures / calls < failureRate) return;
    const last = reasonOf(error);
    this.#open(`${failures} of the last ${calls} calls failed, the last one: ${last}`);
  }

  #open(reason: string): void {
    this.#reason = reason;
    this.#openUntil = this.#monotonic() + this.#settings.openMs;
    this.#turn("open");
  }

  #turn(state: CircuitStatus["state"]): void {
    this.#state = state;
    this.#tell(this.status);
  }

  #refusal(leftMs: number): DariError {
    const retryAfterMs = Math.ceil(Math.max(leftMs, limits.circuitProbeWaitMs));
    const how = this.#state === "open" ? `open for another ${retryAfterMs} ms` : "half open";
    const message = `The circuit to this server is ${how}: ${this.#reason}`;
    return markCallError(new DariError("unavailable", message, { retryAfterMs }));
  }
}
