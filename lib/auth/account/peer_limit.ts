/**
 * A bound on the failed sign-ins of one peer, whatever accounts it tries: against spraying one
 * password over many names.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";

/** Counts failures per peer, in this process. */
export class PeerLimit {
  readonly #clock: Clock;
  readonly #most: number;
  readonly #peers = new Map<string, { failures: number; endsAtMs: number }>();

  constructor(clock: Clock, most: number = limits.maxFailuresPerPeer) {
    this.#clock = clock;
    this.#most = most;
  }

  /**
   * Refuses peers that failed too often. Attempts at the same time may exceed the bound by as many
   * as the derivation queue holds; in return, right passwords at the same time are no failures.
   *
   * @param address The peer's address.
   * @throws {DariError} `resource_exhausted`.
   */
  check(address: string): void {
    const peer = this.#peers.get(hostOf(address));
    const leftMs = (peer?.endsAtMs ?? 0) - this.#clock.monotonic();
    if (peer === undefined || leftMs <= 0 || peer.failures < this.#most) return;
    throw new DariError("resource_exhausted", "Too many failed sign-ins from this address", {
      retryAfterMs: Math.ceil(leftMs),
    });
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
    this.#peers.delete(host);
    const oldest = this.#peers.keys().next();
    if (this.#peers.size >= limits.maxPeersCounted && !oldest.done) {
      this.#peers.delete(oldest.value);
    }
    this.#peers.set(host, { failures: 1, endsAtMs: now + limits.lockoutMs });
  }
}

/** The part of an address that one peer cannot vary at will: no port, and of IPv6 the network. */
function hostOf(address: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(address)?.[1];
  const ipv6 = bracketed ?? (address.split(":").length > 2 ? address : undefined);
  if (ipv6 === undefined) return address.replace(/:\d+$/, "");
  try {
    const host = new URL(`tls://[${ipv6}]`).hostname.slice(1, -1);
    // What a listener on [::] calls a client of IPv4: all of them are of one network.
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
