/**
 * The other end of an HTTPS connection.
 *
 * @module
 */

import type { Peer, PeerCertificate } from "../../transport/connection.ts";

/**
 * Writes a host as it stands in an address.
 *
 * @param host A name or an IP address.
 * @returns An IPv6 address in brackets, anything else as it is.
 */
export function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/**
 * Makes the peer of a request.
 *
 * @param address Its address with the port.
 * @param certificate What it showed.
 */
export function httpsPeer(address: string, certificate?: PeerCertificate): Peer {
  return certificate === undefined
    ? { transport: "https", address }
    : { transport: "https", address, certificate };
}
