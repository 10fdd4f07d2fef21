/**
 * TLS with a server certificate, over Deno's own listener. Client certificates need more, see
 * ARCHITECTURE.md.
 *
 * @module
 */

import { TransportError } from "../base/errors.ts";
import { reasonOf } from "../base/files.ts";
import { acceptAll } from "./accept.ts";
import { formatAddress, hostAndPort } from "./address.ts";
import type { Connection, Listener } from "./connection.ts";
import { StreamConnection, tlsSizes } from "./stream_connection.ts";
import { bind, dialTcp } from "./tcp.ts";

/** The name of the wire in TLS's application layer protocol negotiation (RFC 7301). */
export const ALPN = "dari/1";

/** What a TLS server needs. */
export interface TlsListenOptions {
  /** A name or an IP address to listen on. */
  readonly host: string;
  /** The port; 0 lets the system choose. */
  readonly port: number;
  /** The certificate and its chain, PEM. */
  readonly cert: string;
  /** The private key, PEM. */
  readonly key: string;
}

/** What a TLS client needs. */
export interface TlsConnectOptions {
  /** The name or IP address that the server's certificate must carry. */
  readonly host: string;
  /** The port. */
  readonly port: number;
  /** Authorities to trust beside the public ones, PEM. */
  readonly ca?: readonly string[] | undefined;
}

/**
 * Listens with TLS 1.2 and 1.3.
 *
 * @param options Where, and with which certificate.
 * @returns The listener; a connection shakes hands when it is first read from.
 * @throws {TransportError} `unavailable` when the port is in use, or `configuration` when
 * certificate and key cannot be used.
 */
export function listenTls(options: TlsListenOptions): Listener {
  const { host, port, cert, key } = options;
  const listener = bind(options, () => {
    try {
      return Deno.listenTls({ hostname: host, port, cert, key, alpnProtocols: [ALPN] });
    } catch (cause) {
      if (!(cause instanceof Deno.errors.InvalidData)) throw cause;
      throw new TransportError(
        "configuration",
        `Cannot use the certificate and key for ${hostAndPort(host, port)}: ${reasonOf(cause)}`,
        { cause },
      );
    }
  });
  let closed = false;
  return {
    address: formatAddress({ kind: "tls", host, port: listener.addr.port }),
    close(): void {
      closed = true;
      listener.close();
    },
    async *[Symbol.asyncIterator](): AsyncGenerator<Connection> {
      for await (const conn of acceptAll(listener, () => closed)) yield tlsConnection(conn);
    },
  };
}

/**
 * Connects with TLS and checks the server's certificate.
 *
 * @param options Where to, and whom to trust.
 * @param signal Ends the attempt.
 * @returns The connection, its handshake done.
 * @throws {TransportError} `unavailable` when nothing answers or the certificate does not hold.
 */
export async function connectTls(
  options: TlsConnectOptions,
  signal?: AbortSignal,
): Promise<Connection> {
  const { host, port, ca = [] } = options;
  // connectTls cannot set TCP_NODELAY, which makes its first call wait for a delayed ACK (87 ms);
  // connecting first and starting TLS then takes 2 ms.
  const tcp = await dialTcp(options, signal);
  // Starting TLS takes the socket over: what is to be closed changes.
  let open: Deno.Conn = tcp;
  const onAbort = () => closeQuietly(open);
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    const conn = await Deno.startTls(tcp, {
      hostname: host,
      caCerts: [...ca],
      alpnProtocols: [ALPN],
    });
    open = conn;
    signal?.throwIfAborted();
    await conn.handshake();
    return tlsConnection(conn);
  } catch (cause) {
    closeQuietly(open);
    throw new TransportError(
      "unavailable",
      `Cannot connect to tls://${hostAndPort(host, port)}: ${handshakeReason(cause)}`,
      { cause, retryable: false },
    );
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

function closeQuietly(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // Closed before.
  }
}

function tlsConnection(conn: Deno.TlsConn): Connection {
  const { hostname, port } = conn.remoteAddr;
  return new StreamConnection(
    conn,
    { transport: "tls", address: hostAndPort(hostname, port) },
    tlsSizes,
  );
}

/** What a failed handshake means to a person; the runtime's words name the cause alone. */
function handshakeReason(cause: unknown): string {
  const reason = reasonOf(cause);
  if (reason.includes("UnknownIssuer")) {
    return "its certificate comes from an authority that is not trusted here; pass the server's ca.crt (--ca FILE)";
  }
  if (/NotValidForName|not valid for name/.test(reason)) {
    return "its certificate is for other names; connect by one of them or issue one that has this name";
  }
  if (/expired/i.test(reason)) return "its certificate has expired; renew it";
  if (reason.includes("InvalidContentType") || reason.includes("corrupt")) {
    return "what listens there does not speak TLS";
  }
  return reason;
}
