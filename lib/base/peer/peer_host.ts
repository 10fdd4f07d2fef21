/**
 * Which peers count as one where each may have only so much.
 *
 * @module
 */

/**
 * The part of an address that a peer cannot choose: not the port, and of IPv6 only the network.
 *
 * @param address The peer's address as text: `127.0.0.1:50412`, `[2001:db8::1]:443`, `memory`.
 * @returns The host; of an IPv6 address its first 64 bits; any other text as it is.
 *
 * @example
 * ```ts
 * import { peerHost } from "./peer_host.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(peerHost("192.0.2.7:50412"), "192.0.2.7");
 * assertEquals(peerHost("[2001:db8::1]:443"), peerHost("[2001:db8::2]:80"));
 * ```
 */
export function peerHost(address: string): string {
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
