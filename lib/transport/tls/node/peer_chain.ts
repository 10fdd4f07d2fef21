/**
 * The certificates that the other side of a node:tls handshake has shown.
 *
 * @module
 */

import type { DetailedPeerCertificate, TLSSocket } from "node:tls"; // see node_tls_connection.ts
import { TransportError } from "../../../base/errors.ts";
import { reasonOf } from "../../../base/files.ts";
import { limits } from "../../../base/limits.ts";

/** Certificates of a handshake, and what it held them against. */
export interface PeerChain {
  /** The other side's own certificate and those that it showed with it, DER. */
  readonly chain: readonly [Uint8Array<ArrayBuffer>, ...Uint8Array<ArrayBuffer>[]];
  /** The authorities that were trusted, PEM; absent for the public ones. */
  readonly authorities?: string | undefined;
}

/**
 * Reads what the other side has shown.
 *
 * @param socket A socket whose handshake is done.
 * @param authorities The authorities that the handshake trusted, PEM.
 * @returns `undefined` where it has shown nothing, or is gone already.
 * @throws {TransportError} `unavailable` when it cannot be read: a handshake verifies the first
 * certificate and takes whatever comes behind it.
 */
export function readPeerChain(
  socket: TLSSocket,
  authorities?: string,
): PeerChain | undefined {
  try {
    const chain = chainOf(socket);
    return chain && { chain, authorities };
  } catch (cause) {
    const message = `it shows a certificate that cannot be read: ${reasonOf(cause)}`;
    throw new TransportError("unavailable", message, { cause, retryable: false });
  }
}

/**
 * Ends a client's handshake where the server shows a certificate that cannot be read. The runtime
 * looks at the server's certificates in an event of its own, out of which an error ends the program.
 *
 * @param socket A socket whose handshake is under way.
 */
export function refuseUnreadableChain(socket: TLSSocket): void {
  const read = socket.getPeerCertificate;
  socket.getPeerCertificate = (isDetailed?: boolean): DetailedPeerCertificate => {
    try {
      return read.call(socket, isDetailed) as DetailedPeerCertificate;
    } catch (cause) {
      socket.destroy(cause as Error);
      return {} as DetailedPeerCertificate; // which is for no name
    }
  };
}

function chainOf(socket: TLSSocket): PeerChain["chain"] | undefined {
  const leaf = socket.getPeerX509Certificate();
  if (leaf === undefined) return undefined;
  const others: Uint8Array<ArrayBuffer>[] = [];
  let issuer = leaf.issuerCertificate;
  while (issuer !== undefined && others.length < limits.maxChainLength) {
    others.push(new Uint8Array(issuer.raw));
    issuer = issuer.issuerCertificate;
  }
  return [new Uint8Array(leaf.raw), ...others];
}
