/**
 * The certificates that the other side of a node:tls handshake sent.
 *
 * @module
 */

import type { DetailedPeerCertificate, TLSSocket } from "node:tls"; // see node_tls_connection.ts
import { TransportError } from "../../../base/errors.ts";
import { reasonOf } from "../../../base/file/reason.ts";
import { limits } from "../../../base/limits.ts";

/** The certificates that the other side of a handshake sent, and the authorities it was checked by. */
export interface PeerChain {
  /** The other side's own certificate first, then those that it sent with it, DER. */
  readonly certificates: readonly [Uint8Array<ArrayBuffer>, ...Uint8Array<ArrayBuffer>[]];
  /** The authorities that were trusted, PEM; absent for the public ones. */
  readonly authorities?: string | undefined;
}

/**
 * Reads the certificates that the other side sent.
 *
 * @param socket A socket whose handshake is done.
 * @param authorities The authorities that the handshake trusted, PEM.
 * @returns `undefined` when it sent none, or is gone already.
 * @throws {TransportError} `unavailable` when one cannot be read: a handshake verifies the first
 * certificate and accepts any bytes behind it.
 */
export function readPeerChain(
  socket: TLSSocket,
  authorities?: string,
): PeerChain | undefined {
  try {
    const certificates = certificatesOf(socket);
    return certificates && { certificates, authorities };
  } catch (cause) {
    const message = `it sent a certificate that cannot be read: ${reasonOf(cause)}`;
    throw new TransportError("unavailable", message, { cause, retryable: false });
  }
}

/**
 * Ends a client's handshake when the server sends a certificate that cannot be read. The runtime
 * reads the server's certificates in an event of its own, and an error thrown there ends the program.
 * What it has read is kept with the socket: reading the whole chain is the dearest part of connecting
 * after the handshake itself.
 *
 * @param socket A socket whose handshake is under way.
 */
export function refuseUnreadableChain(socket: TLSSocket): void {
  const read = socket.getPeerCertificate;
  let detailed: DetailedPeerCertificate | undefined;
  socket.getPeerCertificate = (isDetailed?: boolean): DetailedPeerCertificate => {
    if (isDetailed && detailed !== undefined) return detailed;
    try {
      const certificate = read.call(socket, isDetailed) as DetailedPeerCertificate;
      if (isDetailed) detailed = certificate;
      return certificate;
    } catch (cause) {
      socket.destroy(cause as Error);
      return {} as DetailedPeerCertificate; // it carries no name, so the runtime refuses it
    }
  };
}

function certificatesOf(socket: TLSSocket): PeerChain["certificates"] | undefined {
  const leaf = socket.getPeerX509Certificate();
  if (leaf === undefined) return undefined;
  const raw = new Uint8Array(leaf.raw);
  // This form of the leaf knows its first issuer alone and costs a fraction of the whole chain.
  return leaf.issuerCertificate === undefined ? [raw] : [raw, ...issuersOf(socket)];
}

/** What was sent behind the leaf; the runtime adds the last one's issuer where it trusts that. */
function issuersOf(socket: TLSSocket): Uint8Array<ArrayBuffer>[] {
  const issuers: Uint8Array<ArrayBuffer>[] = [];
  let last: DetailedPeerCertificate = socket.getPeerCertificate(true);
  while (issuers.length < limits.maxChainLength) {
    const issuer: DetailedPeerCertificate | undefined = last.issuerCertificate;
    if (issuer === undefined || issuer === last) break; // a self-signed one is its own issuer
    issuers.push(new Uint8Array(issuer.raw));
    last = issuer;
  }
  return issuers;
}
