/**
 * Connecting with Deno's own TLS. Client certificates need more, see ARCHITECTURE.md.
 *
 * @module
 */

import { abortable } from "../../base/abort.ts";
import { TransportError } from "../../base/errors.ts";
import { hostAndPort } from "../address.ts";
import type { ChannelBinding, Connection, Peer } from "../connection.ts";
import { StreamConnection, tlsSizes } from "../stream_connection.ts";
import { dialTcp } from "../tcp.ts";
import { ALPN } from "./alpn.ts";
import { handshakeReason } from "./handshake_reason.ts";

/** What a TLS client needs. */
export interface TlsConnectOptions {
  /** The name or IP address that the server's certificate must carry. */
  readonly host: string;
  /** The port. */
  readonly port: number;
  /** The IP address to connect to, where the name was looked up before. */
  readonly ip?: string | undefined;
  /** Authorities to trust beside the public ones, PEM. */
  readonly ca?: readonly string[] | undefined;
}

/**
 * Connects with TLS and checks the server's certificate.
 *
 * @param options Where to, and which authorities to trust.
 * @param signal Ends the attempt.
 * @returns The connection, its handshake done.
 * @throws {TransportError} `unavailable` when nothing answers or the certificate is refused.
 */
export async function connectTls(
  options: TlsConnectOptions,
  signal?: AbortSignal,
): Promise<Connection> {
  return tlsConnection(await openTls(options, ALPN, signal));
}

/**
 * Shakes hands as {@linkcode connectTls} does.
 *
 * @param options Where to, and which authorities to trust.
 * @param alpn The protocol that is asked for.
 * @param signal Ends the attempt.
 * @returns The socket.
 * @throws {TransportError} `unavailable` when nothing answers or the certificate is refused.
 */
export async function openTls(
  options: TlsConnectOptions,
  alpn: string,
  signal?: AbortSignal,
): Promise<Deno.TlsConn> {
  const { host, port, ca = [] } = options;
  // connectTls cannot set TCP_NODELAY, which makes its first call wait for a delayed ACK (87 ms);
  // connecting first and starting TLS then takes 2 ms.
  const tcp = await dialTcp(options, signal);
  let open: Deno.Conn = tcp;
  try {
    const conn = await Deno.startTls(tcp, {
      hostname: host,
      caCerts: [...ca],
      alpnProtocols: [alpn],
    });
    open = conn; // it has taken the socket over
    await abortable(conn.handshake(), signal);
    return conn;
  } catch (cause) {
    closeQuietly(open);
    throw new TransportError(
      "unavailable",
      `Cannot connect to tls://${hostAndPort(host, port)}: ${handshakeReason(cause)}`,
      { cause, retryable: isPassing(cause) },
    );
  }
}

/** Whether the network or the server failed in the middle of a handshake: no certificate is wrong. */
function isPassing(cause: unknown): boolean {
  const { ConnectionReset, ConnectionAborted, BrokenPipe, TimedOut, UnexpectedEof } = Deno.errors;
  return [ConnectionReset, ConnectionAborted, BrokenPipe, TimedOut, UnexpectedEof]
    .some((kind) => cause instanceof kind);
}

function closeQuietly(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // It was closed before.
  }
}

/**
 * Makes a connection of a socket.
 *
 * @param conn The socket; the connection owns it.
 * @param channelBindings What a sign-in can be bound to, when this end knows.
 */
export function tlsConnection(
  conn: Deno.TlsConn,
  channelBindings?: readonly ChannelBinding[],
): Connection {
  const { hostname, port } = conn.remoteAddr;
  const peer: Peer = {
    transport: "tls",
    address: hostAndPort(hostname, port),
    ...(channelBindings === undefined ? {} : { channelBindings }),
  };
  return new StreamConnection(conn, peer, tlsSizes);
}
