/**
 * The certificate that a server sends, for a look at it.
 *
 * @module
 */

import { connect } from "node:tls"; // Deno.connectTls does not give the peer's certificate
import { TransportError } from "../../../base/errors.ts";
import { reasonOf } from "../../../base/file/reason.ts";
import { limits } from "../../../base/limits.ts";
import { hostAndPort } from "../../address.ts";
import { splitAuthorities } from "../key_pair.ts";
import { type PeerChain, readPeerChain, refuseUnreadableChain } from "./peer_chain.ts";

/** The server that is looked at. */
export interface LookedAtServer {
  /** A host name, or an IP address without brackets. */
  readonly host: string;
  /** The port. */
  readonly port: number;
}

/**
 * Shakes hands with a server to get its certificate, and hangs up. The certificate is not verified.
 *
 * @param hostname A host name or an IP address without brackets.
 * @param port The port.
 * @returns The server's own certificate in DER.
 * @throws {TransportError} `unavailable` when there is no server, or none that speaks TLS.
 */
export async function fetchServerCertificate(
  hostname: string,
  port: number,
): Promise<Uint8Array<ArrayBuffer>> {
  return (await fetchServerChain({ host: hostname, port })).certificates[0];
}

/**
 * Shakes hands with a server to get its certificates, and hangs up. Nothing but the handshake is sent.
 *
 * Without authorities nothing is verified, not even that the server has the certificate's key: the
 * runtime passes over its signature too. What is trusted afterwards has to be told by other means.
 *
 * @param server The server.
 * @param ca The authorities to verify the server by, PEM; no public authority is trusted then.
 * @returns What the server sent.
 * @throws {TransportError} `unavailable` when there is no server, none that speaks TLS, or one that is
 * not to be trusted by these authorities.
 */
export async function fetchServerChain(
  { host, port }: LookedAtServer,
  ca?: string,
): Promise<PeerChain> {
  const { promise: shaken, resolve, reject } = Promise.withResolvers<PeerChain | undefined>();
  const socket = connect({
    host,
    port,
    ...(isAddress(host) ? {} : { servername: host }),
    ...(ca === undefined ? {} : { ca: splitAuthorities(ca) }),
    rejectUnauthorized: ca !== undefined,
    ALPNProtocols: ["dari/1", "http/1.1"],
  }, () => {
    // At once: a server that wants a client certificate ends the connection in a moment.
    try {
      resolve(readPeerChain(socket, ca));
    } catch (error) {
      reject(error);
    }
  });
  refuseUnreadableChain(socket);
  socket.setTimeout(
    limits.handshakeTimeoutMs,
    () => reject(new Error("it did not answer in time")),
  );
  socket.on("error", reject);
  socket.on("close", () => reject(new Error("it ended the handshake")));
  try {
    const chain = await shaken;
    if (chain === undefined) throw new Error("it sent none");
    return chain;
  } catch (cause) {
    const what = ca === undefined ? "see" : "trust";
    throw new TransportError(
      "unavailable",
      `Cannot ${what} the certificate of ${hostAndPort(host, port)}: ${reasonOf(cause)}`,
      { cause },
    );
  } finally {
    socket.destroy();
  }
}

function isAddress(host: string): boolean {
  return host.includes(":") || /^[\d.]+$/.test(host);
}
