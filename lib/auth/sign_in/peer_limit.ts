/**
 * A bound on the failed sign-ins of one peer, whatever accounts it tries. It stops peers that try one
 * password on many names.
 *
 * @module
 */

import { BoundedMap } from "../../base/bounded_map.ts";
import type { Clock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { peerHost } from "../../base/peer_host.ts";

/** Counts failures per peer in this process. */
export class PeerLimit {
  readonly #clock: Clock;
  readonly #maxFailures: number;
  /** Made here, by host; a count starts again once its time is over. */
  readonly #peers = new BoundedMap<string, { failures: number; endsAtMs: number }>(
    limits.maxPeersCounted,
  );

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
   * Refuses peers that failed too often. Failures count when they have happened, so attempts at the
   * same time may exceed the bound by as many as the derivation queue holds.
   *
   * @param address The peer's address.
   * @throws {DariError} `resource_exhausted` when the peer failed too often; `retryAfterMs` says when
   * its count starts again.
   */
  check(address: string): void {
    const peer = this.#peers.get(peerHost(address));
    const leftMs = (peer?.endsAtMs ?? 0) - this.#clock.monotonic();
    if (peer === undefined || leftMs <= 0 || peer.failures < this.#maxFailures) return;
    throw new DariError(
      "resource_exhausted",
      "Too many sign-ins from this address failed; try again later",
      {
        retryAfterMs: Math.ceil(leftMs),
      },
    );
  }

  /**
   * Counts a failure.
   *
   * @param address The peer's address.
   */
  failed(address: string): void {
    const host = peerHost(address);
    const now = this.#clock.monotonic();
    const peer = this.#peers.get(host);
    if (peer !== undefined && peer.endsAtMs > now) {
      peer.failures++;
      return;
    }
    this.#peers.set(host, { failures: 1, endsAtMs: now + limits.lockoutMs });
  }
}
