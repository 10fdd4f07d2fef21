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
import { readPeerChain, refuseUnreadableChain } from "./peer_chain.ts";

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
  const { promise: shaken, resolve, reject } = Promise.withResolvers<void>();
  const socket = connect({
    host: hostname,
    port,
    rejectUnauthorized: false,
    ALPNProtocols: ["dari/1", "http/1.1"],
  }, () => resolve());
  refuseUnreadableChain(socket);
  socket.setTimeout(
    limits.handshakeTimeoutMs,
    () => reject(new Error("it did not answer in time")),
  );
  socket.on("error", reject);
  try {
    await shaken;
    const chain = readPeerChain(socket);
    if (chain === undefined) throw new Error("it sent none");
    return chain.certificates[0];
  } catch (cause) {
    throw new TransportError(
      "unavailable",
      `Cannot see the certificate of ${hostAndPort(hostname, port)}: ${reasonOf(cause)}`,
      { cause },
    );
  } finally {
    socket.destroy();
  }
}
