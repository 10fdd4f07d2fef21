/**
 * Plain TCP. Nothing protects what it carries: the table of schemes keeps it to loopback.
 *
 * @module
 */

import { DariError, TransportError } from "../base/errors.ts";
import { reasonOf } from "../base/file/reason.ts";
import { acceptAll } from "./accept.ts";
import { hostAndPort } from "./address.ts";
import type { Connection, Listener } from "./connection.ts";
import { socketSizes, StreamConnection } from "./stream_connection.ts";

/** Where to listen or to connect to. */
export interface TcpOptions {
  /** A name or an IP address. */
  readonly host: string;
  /** The port; 0 lets the system choose one to listen on. */
  readonly port: number;
  /** The IP address to connect to, where the name was looked up before. */
  readonly ip?: string | undefined;
}

/** Where to listen, and with whom. */
export interface TcpListenOptions extends TcpOptions {
  /** Whether others that say so too may listen there as well; the system chooses one for each client. */
  readonly reusePort?: boolean | undefined;
}

/**
 * Listens on TCP.
 *
 * @param options Where.
 * @returns The listener.
 * @throws {TransportError} `unavailable` when the port is in use.
 * @throws {DariError} `configuration` when the runtime cannot share a port.
 */
export function listenTcp(options: TcpListenOptions): Listener {
  const { host: hostname, port, reusePort = false } = options;
  if (reusePort) requireReusePort();
  const listener = bind(options, () => Deno.listen({ hostname, port, reusePort }));
  const closing = new AbortController();
  return {
    address: `tcp://${hostAndPort(options.host, listener.addr.port)}`,
    close(): void {
      closing.abort();
      listener.close();
    },
    async *[Symbol.asyncIterator](): AsyncGenerator<Connection> {
      for await (const conn of acceptAll(listener, closing.signal)) yield tcpConnection(conn);
    },
  };
}

/**
 * Refuses to share a port where the runtime has no flag for it: it would end the program.
 *
 * @throws {DariError} `configuration` when the program was started without `--unstable-net`.
 */
export function requireReusePort(): void {
  // One of the functions that come with the flag.
  if ("listenDatagram" in Deno) return;
  throw new DariError(
    "configuration",
    "Several threads or processes can serve one port only with Deno's flag --unstable-net; start " +
      'the program with it, or put "unstable": ["net"] into its deno.json',
  );
}

/**
 * Connects by TCP.
 *
 * @param options Where to.
 * @param signal Ends the attempt.
 * @returns The connection.
 * @throws {TransportError} `unavailable` when nothing answers.
 */
export async function connectTcp(options: TcpOptions, signal?: AbortSignal): Promise<Connection> {
  return tcpConnection(await dialTcp(options, signal));
}

/**
 * Opens a TCP connection that sends small writes at once.
 *
 * @param options Where to.
 * @param signal Ends the attempt.
 * @returns The bare connection.
 * @throws {TransportError} `unavailable` when nothing answers.
 */
export async function dialTcp(options: TcpOptions, signal?: AbortSignal): Promise<Deno.TcpConn> {
  const { host, port, ip } = options;
  try {
    const conn = await Deno.connect({ hostname: ip ?? host, port, ...(signal ? { signal } : {}) });
    conn.setNoDelay(true);
    return conn;
  } catch (cause) {
    const reason = cause instanceof Deno.errors.ConnectionRefused
      ? "nothing listens there; start the server first"
      : reasonOf(cause);
    throw new TransportError(
      "unavailable",
      `Cannot connect to ${hostAndPort(host, port)}: ${reason}`,
      { cause },
    );
  }
}

/**
 * Binds a port, and says what to do when that fails.
 *
 * @param options Where to listen.
 * @param listen Binds it.
 * @returns What `listen` returned.
 * @throws {TransportError} `unavailable` when the port is in use or not allowed.
 */
export function bind<T>(options: TcpOptions, listen: () => T): T {
  try {
    return listen();
  } catch (cause) {
    if (cause instanceof DariError) throw cause;
    const where = hostAndPort(options.host, options.port);
    const reason = cause instanceof Deno.errors.AddrInUse
      ? "the port is in use; stop the other program or choose another port"
      : reasonOf(cause);
    throw new TransportError("unavailable", `Cannot listen on ${where}: ${reason}`, { cause });
  }
}

function tcpConnection(conn: Deno.TcpConn): Connection {
  conn.setNoDelay(true);
  const { hostname, port } = conn.remoteAddr;
  return new StreamConnection(
    conn,
    { transport: "tcp", address: hostAndPort(hostname, port) },
    socketSizes,
  );
}
