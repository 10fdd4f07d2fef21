/**
 * Bytes to and from another program, for what passes them on without looking into them.
 *
 * @module
 */

import { hostAndPort } from "./address.ts";
import type { Listener, Peer } from "./connection.ts";
import { acceptAll } from "./accept.ts";
import type { ByteStream } from "./stream_connection.ts";
import { bind, dialTcp, type TcpOptions } from "./tcp.ts";
import { dialUnix } from "./unix.ts";
import { bindSocket } from "./unix_socket_file.ts";

/** The bytes of one connection, and who is at its other end. */
export interface PeerStream extends ByteStream {
  /** The other end. */
  readonly peer: Peer;
  /**
   * Ends the stream now; what waits to be read is thrown away.
   *
   * @param reason Why: what a `read` or `write` that waits fails with.
   */
  cut(reason: string): void;
}

/**
 * Listens on TCP for bytes.
 *
 * @param options Where.
 * @returns The listener.
 * @throws {TransportError} `unavailable` when the port is in use.
 */
export function listenTcpStreams(options: TcpOptions): Listener<PeerStream> {
  const listener = bind(options, () => Deno.listen({ hostname: options.host, port: options.port }));
  return acceptStreams(
    listener,
    `tcp://${hostAndPort(options.host, listener.addr.port)}`,
    tcpStream,
  );
}

/**
 * Listens on a Unix socket for bytes, as `listenUnix` does for lines.
 *
 * @param path The socket's path.
 * @returns The listener.
 * @throws {TransportError} `unavailable` when another program has it, or it cannot be made.
 */
export async function listenUnixStreams(path: string): Promise<Listener<PeerStream>> {
  const { listener, close } = await bindSocket(path);
  return acceptStreams(
    { accept: () => listener.accept(), close },
    `unix:${path}`,
    (conn) => unixStream(conn, path),
  );
}

/**
 * Connects by TCP for bytes.
 *
 * @param options Where to.
 * @param signal Ends the attempt.
 * @throws {TransportError} `unavailable` when nothing answers.
 */
export async function connectTcpStream(
  options: TcpOptions,
  signal: AbortSignal,
): Promise<PeerStream> {
  return tcpStream(await dialTcp(options, signal));
}

/**
 * Connects to a Unix socket for bytes.
 *
 * @param path The socket's path.
 * @param signal Ends the attempt.
 * @throws {TransportError} `unavailable` when nothing answers.
 */
export async function connectUnixStream(path: string, signal: AbortSignal): Promise<PeerStream> {
  return unixStream(await dialUnix(path, signal), path);
}

function tcpStream(conn: Deno.TcpConn): PeerStream {
  conn.setNoDelay(true);
  const { hostname, port } = conn.remoteAddr;
  return new SocketStream(conn, { transport: "tcp", address: hostAndPort(hostname, port) });
}

function unixStream(conn: Deno.UnixConn, path: string): PeerStream {
  return new SocketStream(conn, { transport: "unix", address: path });
}

/** A socket of Deno's. */
class SocketStream implements PeerStream {
  readonly peer: Peer;
  readonly #conn: Deno.Conn;
  #isClosed = false;
  #reason: string | undefined;

  constructor(conn: Deno.Conn, peer: Peer) {
    this.#conn = conn;
    this.peer = peer;
  }

  read(into: Uint8Array): Promise<number | null> {
    return this.#conn.read(into).catch((error) => this.#fail(error));
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.#conn.write(bytes).catch((error) => this.#fail(error));
  }

  closeWrite(): Promise<void> {
    return this.#conn.closeWrite();
  }

  close(): void {
    if (this.#isClosed) return; // closing a socket twice throws
    this.#isClosed = true;
    this.#conn.close();
  }

  cut(reason: string): void {
    this.#reason ??= reason;
    this.close();
  }

  #fail(error: unknown): never {
    throw this.#reason === undefined ? error : new Error(this.#reason);
  }
}

function acceptStreams<Conn extends Deno.Conn>(
  listener: { accept(): Promise<Conn>; close(): void },
  address: string,
  streamOf: (conn: Conn) => PeerStream,
): Listener<PeerStream> {
  const closing = new AbortController();
  return {
    address,
    close(): void {
      if (closing.signal.aborted) return;
      closing.abort();
      listener.close();
    },
    async *[Symbol.asyncIterator](): AsyncGenerator<PeerStream> {
      for await (const conn of acceptAll(listener, closing.signal)) yield streamOf(conn);
    },
  };
}
