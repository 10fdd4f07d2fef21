/**
 * What a listener checks of a client whose handshake is done.
 *
 * @module
 */

import type { TLSSocket } from "node:tls"; // see node_tls_connection.ts
import { reasonOf } from "../../../base/file/reason.ts";
import type { PeerCertificate } from "../../connection.ts";
import { type PeerChain, readPeerChain } from "./peer_chain.ts";

/** By what a client is checked. */
export interface ClientCheck {
  /** The authorities of clients, PEM; `undefined` where no certificate is asked for. */
  readonly clientCa: string | undefined;
  /**
   * Verifies what the handshake does not, and reads the client's certificate.
   *
   * @throws {Error} When the certificate is refused.
   */
  readonly verifyClient: (chain: PeerChain) => Promise<PeerCertificate>;
  /** Why a certificate has ended or is revoked; `undefined` when it is valid. */
  readonly faultOf: (certificate: PeerCertificate) => string | undefined;
}

/** A client: its certificate where one was asked for, or why it is refused. */
export interface CheckedClient {
  readonly certificate?: PeerCertificate;
  readonly fault?: string;
}

/**
 * Checks a client.
 *
 * @param socket Its socket, the handshake done.
 * @param check By what.
 */
export async function checkClient(socket: TLSSocket, check: ClientCheck): Promise<CheckedClient> {
  const { clientCa, verifyClient, faultOf } = check;
  if (clientCa === undefined) return {};
  // Every node:tls server of a process shares one ticket key, so a TLS session of another listener,
  // or of a certificate that has expired since, is resumed here, past every check of certificates.
  if (socket.isSessionReused()) {
    return { fault: "it resumed a TLS session instead of sending its certificate" };
  }
  if (!socket.authorized) {
    return { fault: `its certificate is refused: ${socket.authorizationError}` };
  }
  try {
    const chain = readPeerChain(socket, clientCa);
    if (chain === undefined) return { fault: "it sent no certificate" };
    const certificate = await verifyClient(chain);
    const fault = faultOf(certificate);
    return fault === undefined ? { certificate } : { fault };
  } catch (error) {
    return { fault: reasonOf(error) };
  }
}
