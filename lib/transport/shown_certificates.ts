/**
 * The certificates that the other side of a node:tls handshake has shown.
 *
 * @module
 */

import type { TLSSocket } from "node:tls"; // see node_tls_connection.ts
import { limits } from "../base/limits.ts";

/** Certificates of a handshake, and what it held them against. */
export interface ShownCertificates {
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
 */
export function shownCertificates(
  socket: TLSSocket,
  authorities?: string,
): ShownCertificates | undefined {
  const leaf = socket.getPeerX509Certificate();
  if (leaf === undefined) return undefined;
  const others: Uint8Array<ArrayBuffer>[] = [];
  let issuer = leaf.issuerCertificate;
  while (issuer !== undefined && others.length < limits.maxChainLength) {
    others.push(new Uint8Array(issuer.raw));
    issuer = issuer.issuerCertificate;
  }
  return { chain: [new Uint8Array(leaf.raw), ...others], authorities };
}
