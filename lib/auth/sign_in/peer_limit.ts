/**
 * A bound on the failed sign-ins of one peer, whatever accounts it tries. It stops peers that try one
 * password on many names.
 *
 * @module
 */

import type { WaitOptions } from "../../base/abort.ts";
import { BoundedMap } from "../../base/bounded_map.ts";
import type { Clock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { peerHost } from "../../base/peer/peer_host.ts";
import { WaitingLine } from "../../base/waiting_line.ts";

/** The attempts of one peer: all of them, those being checked, and those that wait for them. */
interface Attempts {
  count: number;
  checking: number;
  readonly line: WaitingLine;
}

/**
 * Counts failures per peer in this process.
 *
 * Invariant: the failures of a peer and its attempts that are being checked are never more than the
 * bound together, so attempts at the same time cannot exceed it.
 */
export class PeerLimit {
  readonly #clock: Clock;
  readonly #maxFailures: number;
  /** Made here, by host; a count starts again once its time is over. */
  readonly #peers = new BoundedMap<string, { failures: number; endsAtMs: number }>(
    limits.maxPeersCounted,
  );
  /** Made here, by host; an entry ends with the last attempt of its peer. */
  readonly #attempts = new Map<string, Attempts>();

  /**
   * Makes a limit without any failures.
   *
   * @param clock The time.
   * @param maxFailures Failures that one peer may cause in five minutes; 50 by default.
   */
  constructor(clock: Clock, maxFailures: number = limits.maxFailuresPerPeer) {
    this.#clock = clock;
    this.#maxFailures = maxFailures;
  }

  /**
   * Refuses peers that failed too often.
   *
   * @param address The peer's address.
   * @throws {DariError} `resource_exhausted` when the peer failed too often; `retryAfterMs` says when
   * its count starts again.
   */
  check(address: string): void {
    const { failures, leftMs } = this.#countOf(peerHost(address));
    if (failures < this.#maxFailures) return;
    throw new DariError(
      "resource_exhausted",
      "Too many sign-ins from this address failed; try again later",
      {
        retryAfterMs: Math.ceil(leftMs),
      },
    );
  }

  /**
   * Begins to check an attempt. Where as many attempts of the peer are being checked as it may still
   * fail, waits until one of them has ended.
   *
   * @param address The peer's address.
   * @param options The signal that ends the wait.
   * @returns Ends the attempt; call it once, with whether the attempt failed.
   * @throws {DariError} `resource_exhausted` when the peer failed too often.
   * @throws The signal's reason.
   */
  async begin(address: string, options: WaitOptions = {}): Promise<(failed: boolean) => void> {
    const host = peerHost(address);
    const own = this.#attempts.get(host) ?? { count: 0, checking: 0, line: new WaitingLine() };
    this.#attempts.set(host, own);
    own.count++;
    try {
      for (;;) {
        this.check(address);
        if (this.#countOf(host).failures + own.checking < this.#maxFailures) break;
        await own.line.join(options);
      }
    } catch (error) {
      this.#leave(host, own);
      throw error;
    }
    own.checking++;
    return (failed) => {
      own.checking--;
      if (failed) this.#failed(host);
      this.#leave(host, own);
    };
  }

  /** Ends an attempt, and lets the next one look again whether it may begin. */
  #leave(host: string, own: Attempts): void {
    if (--own.count === 0) this.#attempts.delete(host);
    else own.line.next();
  }

  #countOf(host: string): { failures: number; leftMs: number } {
    const peer = this.#peers.get(host);
    if (peer === undefined) return { failures: 0, leftMs: 0 };
    const leftMs = peer.endsAtMs - this.#clock.monotonic();
    return leftMs > 0 ? { failures: peer.failures, leftMs } : { failures: 0, leftMs: 0 };
  }

  #failed(host: string): void {
    const { failures, leftMs } = this.#countOf(host);
    const forMs = leftMs > 0 ? leftMs : limits.lockoutMs;
    this.#peers.set(host, { failures: failures + 1, endsAtMs: this.#clock.monotonic() + forMs });
  }
}
