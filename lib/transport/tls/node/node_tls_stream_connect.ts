/**
 * Connecting with TLS and a client certificate for bytes of any protocol.
 *
 * @module
 */

import { hostAndPort } from "../../address.ts";
import type { PeerStream } from "../../peer_stream.ts";
import { dialTcp } from "../../tcp.ts";
import { HeldDuplex } from "../stream/held_duplex.ts";
import { TlsByteStream } from "../stream/tls_byte_stream.ts";
import type { NodeTlsDialer, NodeTlsTarget } from "./node_tls_connect.ts";

/**
 * Connects. No protocol of the application layer is asked for (ALPN). In TLS 1.3 the server checks the
 * client's certificate after the handshake is done on this side: one that refuses it ends the stream.
 *
 * @param dialer The certificate to connect with, and which servers it trusts.
 * @param target The server.
 * @param signal Ends the attempt.
 * @returns The stream.
 * @throws {DariError} `configuration` when the key is not the certificate's.
 * @throws {TransportError} `unavailable` when nothing answers or the server's certificate is refused.
 */
export async function connectTlsStream(
  dialer: NodeTlsDialer,
  target: NodeTlsTarget,
  signal?: AbortSignal,
): Promise<PeerStream> {
  const beneath = new HeldDuplex(await dialTcp(target, signal));
  beneath.on("error", () => {}); // the socket above hears of it as well
  try {
    const { socket, certificate } = await dialer.open(target, { socket: beneath }, signal);
    return new TlsByteStream(socket, beneath, {
      transport: "tls",
      address: hostAndPort(target.host, target.port),
      ...(certificate === undefined ? {} : { certificate }),
    });
  } catch (error) {
    beneath.destroy();
    throw error;
  }
}
