/**
 * A bound on the failed sign-ins of one peer, whatever accounts it tries. It stops peers that try one
 * password on many names.
 *
 * @module
 */

import { delay, type WaitOptions } from "../../../base/abort.ts";
import { DariError } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import { peerHost } from "../../../base/peer/peer_host.ts";
import { WaitingLine } from "../../../base/waiting_line.ts";
import type { PeerCounts } from "./peer_counts.ts";

/** The attempts of one peer in this thread: all of them, those being checked, and those that wait. */
interface Attempts {
  count: number;
  checking: number;
  readonly line: WaitingLine;
}

/**
 * Counts failures per peer.
 *
 * Invariant: the failures of a peer and its attempts that are being checked are never more than the
 * bound together, so attempts at the same time cannot exceed it.
 */
export class PeerLimit {
  readonly #maxFailures: number;
  readonly #counts: PeerCounts;
  /** Made here, by host; an entry ends with the last attempt of its peer. */
  readonly #attempts = new Map<string, Attempts>();

  /**
   * Makes a limit.
   *
   * @param counts Where failures are counted.
   * @param maxFailures Failures that one peer may cause in five minutes; 50 by default.
   */
  constructor(counts: PeerCounts, maxFailures: number = limits.maxFailuresPerPeer) {
    this.#counts = counts;
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
    const { failures, leftMs } = this.#counts.failuresOf(peerHost(address));
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
        if (this.#counts.begin(host, this.#maxFailures)) break;
        // Attempts of other threads give no turn here.
        if (own.checking > 0) await own.line.join(options);
        else await delay(limits.peerTurnPauseMs, options);
      }
    } catch (error) {
      this.#leave(host, own);
      throw error;
    }
    own.checking++;
    return (failed) => {
      own.checking--;
      this.#counts.end(host, failed);
      this.#leave(host, own);
    };
  }

  /** Ends an attempt, and lets the next one look again whether it may begin. */
  #leave(host: string, own: Attempts): void {
    if (--own.count === 0) this.#attempts.delete(host);
    else own.line.next();
  }
}
