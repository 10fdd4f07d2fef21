/**
 * Where the failed sign-ins of peers are counted: in this thread, or for all threads of a server.
 *
 * @module
 */

import { BoundedMap } from "../../../base/bounded_map.ts";
import type { Clock } from "../../../base/clock.ts";
import { limits } from "../../../base/limits.ts";

/** The failures of one peer. */
export interface PeerFailures {
  /** How many there were. */
  readonly failures: number;
  /** In how many milliseconds the count starts again; 0 without failures. */
  readonly leftMs: number;
}

/** Counts failures, and attempts that are being checked, by the host of the peer. */
export interface PeerCounts {
  /** The failures of a host. */
  failuresOf(host: string): PeerFailures;
  /**
   * Begins to check an attempt, where the failures of the host and the attempts of it that are being
   * checked are less than a bound together.
   *
   * @returns Whether it has begun; then {@linkcode end} is called once.
   */
  begin(host: string, maxFailures: number): boolean;
  /** Ends an attempt that has begun. */
  end(host: string, failed: boolean): void;
}

/** Counts in this thread alone. */
export class LocalPeerCounts implements PeerCounts {
  readonly #clock: Clock;
  /** A count starts again once its time is over. */
  readonly #failures = new BoundedMap<string, { failures: number; endsAtMs: number }>(
    limits.maxPeersCounted,
  );
  /** How many attempts are being checked; a host without any has no entry. */
  readonly #checking = new Map<string, number>();

  /** @param clock The time. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  failuresOf(host: string): PeerFailures {
    const peer = this.#failures.get(host);
    if (peer === undefined) return { failures: 0, leftMs: 0 };
    const leftMs = peer.endsAtMs - this.#clock.monotonic();
    return leftMs > 0 ? { failures: peer.failures, leftMs } : { failures: 0, leftMs: 0 };
  }

  begin(host: string, maxFailures: number): boolean {
    const checking = this.#checking.get(host) ?? 0;
    if (this.failuresOf(host).failures + checking >= maxFailures) return false;
    this.#checking.set(host, checking + 1);
    return true;
  }

  end(host: string, failed: boolean): void {
    const checking = (this.#checking.get(host) ?? 0) - 1;
    if (checking > 0) this.#checking.set(host, checking);
    else this.#checking.delete(host);
    if (!failed) return;
    const { failures, leftMs } = this.failuresOf(host);
    const forMs = leftMs > 0 ? leftMs : limits.lockoutMs;
    this.#failures.set(host, {
      failures: failures + 1,
      endsAtMs: this.#clock.monotonic() + forMs,
    });
  }
}
