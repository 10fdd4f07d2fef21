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
    const peer = this.#peers.get(hostOf(address));
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
    const host = hostOf(address);
    const now = this.#clock.monotonic();
    const peer = this.#peers.get(host);
    if (peer !== undefined && peer.endsAtMs > now) {
      peer.failures++;
      return;
    }
    this.#peers.set(host, { failures: 1, endsAtMs: now + limits.lockoutMs });
  }
}

/** The part of an address that a peer cannot choose: not the port, and of IPv6 only the network. */
function hostOf(address: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(address)?.[1];
  const ipv6 = bracketed ?? (address.split(":").length > 2 ? address : undefined);
  if (ipv6 === undefined) return address.replace(/:\d+$/, "");
  try {
    const host = new URL(`tls://[${ipv6}]`).hostname.slice(1, -1);
    // How a listener on [::] writes IPv4 clients, which would all be of one IPv6 network.
    const [, high, low] = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(host) ?? [];
    if (high !== undefined && low !== undefined) return `${dotted(high)}.${dotted(low)}`;
    const [head = "", tail = ""] = host.split("::");
    const before = head === "" ? [] : head.split(":");
    const after = tail === "" ? [] : tail.split(":");
    const zeros = Array<string>(Math.max(0, 8 - before.length - after.length)).fill("0");
    return [...before, ...zeros, ...after].slice(0, 4).join(":");
  } catch {
    return ipv6;
  }
}

function dotted(group: string): string {
  const bits = parseInt(group, 16);
  return `${bits >> 8}.${bits & 0xff}`;
}
