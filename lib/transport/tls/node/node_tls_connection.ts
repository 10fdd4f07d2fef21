/**
 * A connection over a node:tls socket.
 *
 * @module
 */

// Deno's own TLS neither sends nor requests client certificates, and does not tell cipher and version.
import type { TLSSocket } from "node:tls";
import { hostAndPort } from "../../address.ts";
import type { ChannelBinding, Peer, PeerCertificate } from "../../connection.ts";
import { NodeSocketConnection } from "../../node/node_socket_connection.ts";
import type { SocketReads } from "../../node/socket_reads.ts";
import { processBudget, type SharedBudget } from "../../shared_budget.ts";

/**
 * Makes a connection of a socket whose handshake is done.
 *
 * @param socket The socket; the connection owns it.
 * @param certificate The verified certificate of the other side.
 * @param channelBindings What a sign-in can be bound to.
 * @param budget The memory that connections share.
 * @param reads What the socket was connected with, where it tells of reads in place of events.
 */
export function nodeTlsConnection(
  socket: TLSSocket,
  certificate: PeerCertificate | undefined,
  channelBindings: readonly ChannelBinding[] | undefined,
  budget: SharedBudget = processBudget,
  reads?: SocketReads,
): NodeSocketConnection {
  socket.setNoDelay(true);
  const { remoteAddress = "", remotePort = 0 } = socket;
  const peer: Peer = {
    transport: "tls",
    address: hostAndPort(remoteAddress, remotePort),
    protocol: socket.getProtocol() ?? "",
    cipher: socket.getCipher().name,
    ...(certificate === undefined ? {} : { certificate }),
    ...(channelBindings === undefined ? {} : { channelBindings }),
  };
  return new NodeSocketConnection(socket, peer, budget, reads);
}
