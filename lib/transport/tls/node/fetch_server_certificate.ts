/**
 * Looking at the certificate that a server shows, without talking to it.
 *
 * @module
 */

import { connect } from "node:tls"; // Deno.connectTls shows no peer certificate
import { TransportError } from "../../../base/errors.ts";
import { reasonOf } from "../../../base/files.ts";
import { limits } from "../../../base/limits.ts";
import { readPeerChain, refuseUnreadableChain } from "./peer_chain.ts";

/**
 * Shakes hands with a server to see its certificate, says nothing, and hangs up. Nothing is
 * verified: looking is all that is done.
 *
 * @param hostname A host name or an IP address without brackets.
 * @param port The port.
 * @returns The server's own certificate in DER.
 * @throws {TransportError} `unavailable` when there is no server, or none that speaks TLS.
 */
export function fetchServerCertificate(
  hostname: string,
  port: number,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string, cause?: unknown) => {
      socket.destroy();
      const message = `Cannot see the certificate of ${hostname}:${port}: ${reason}`;
      reject(new TransportError("unavailable", message, { cause }));
    };
    const socket = connect({
      host: hostname,
      port,
      rejectUnauthorized: false,
      ALPNProtocols: ["dari/1", "http/1.1"],
    }, () => {
      try {
        const shown = readPeerChain(socket);
        if (shown === undefined) return fail("it showed none");
        socket.destroy();
        resolve(shown.chain[0]);
      } catch (cause) {
        fail(reasonOf(cause), cause);
      }
    });
    refuseUnreadableChain(socket);
    socket.setTimeout(limits.handshakeTimeoutMs, () => fail("it did not answer in time"));
    socket.on("error", (cause: Error) => fail(cause.message, cause));
  });
}
