/**
 * Unix sockets, open to their owner alone.
 *
 * @module
 */

import { delay } from "../base/abort.ts";
import { TransportError } from "../base/errors.ts";
import { reasonOf } from "../base/file/reason.ts";
import { limits } from "../base/limits.ts";
import { acceptAll } from "./accept.ts";
import type { Connection, Listener, Peer } from "./connection.ts";
import { type ByteStream, socketSizes, StreamConnection } from "./stream_connection.ts";
import { bindSocket } from "./unix_socket_file.ts";

/** Carries the bytes of a connection over its socket, and closes that. */
export type BytesOf = (conn: Deno.UnixConn) => ByteStream;

/**
 * Listens on a Unix socket with mode 0600. The file of a server that crashed is replaced, but only
 * when no server answers on it.
 *
 * @param path The socket's path.
 * @param bytesOf What carries the bytes of each connection; the socket itself, where it is not given.
 * @returns The listener.
 * @throws {TransportError} `unavailable` when another server answers there, when something that is
 * not a socket has the path, or when the socket cannot be made.
 */
export async function listenUnix(path: string, bytesOf?: BytesOf): Promise<Listener> {
  const socket = await bindSocket(path);
  const closing = new AbortController();
  return {
    address: `unix:${path}`,
    close(): void {
      if (closing.signal.aborted) return;
      closing.abort();
      socket.close();
    },
    async *[Symbol.asyncIterator](): AsyncGenerator<Connection> {
      for await (const conn of acceptAll(socket.listener, closing.signal)) {
        yield connectionOf(conn, path, bytesOf);
      }
    },
  };
}

/**
 * Connects to a Unix socket. While the server's queue is full, it tries again.
 *
 * @param path The socket's path.
 * @param signal Ends the attempt; without one it ends after `limits.connectTimeoutMs`.
 * @param bytesOf What carries its bytes; the socket itself, where it is not given.
 * @returns The connection.
 * @throws {TransportError} `unavailable` when nothing answers.
 */
export async function connectUnix(
  path: string,
  signal: AbortSignal = AbortSignal.timeout(limits.connectTimeoutMs),
  bytesOf?: BytesOf,
): Promise<Connection> {
  try {
    return connectionOf(await dialUnix(path, signal), path, bytesOf);
  } catch (cause) {
    const reason =
      cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.ConnectionRefused
        ? "no server listens there; start one with dari serve"
        : reasonOf(cause);
    throw new TransportError("unavailable", `Cannot connect to unix:${path}: ${reason}`, { cause });
  }
}

/**
 * Opens a connection to a Unix socket. While the server's queue is full, it tries again.
 *
 * @param path The socket's path.
 * @param signal Ends the attempt.
 */
export async function dialUnix(path: string, signal: AbortSignal): Promise<Deno.UnixConn> {
  for (let pauseMs: number = limits.connectRetryMs;; pauseMs *= 2) {
    signal.throwIfAborted();
    try {
      // The system never waits here: it connects at once, or refuses.
      return await Deno.connect({ transport: "unix", path });
    } catch (cause) {
      if (!(cause instanceof Deno.errors.WouldBlock)) throw cause;
    }
    await delay(Math.min(pauseMs, limits.maxConnectRetryMs), { signal });
  }
}

/**
 * Carries lines over a Unix socket that is open already.
 *
 * @param conn The socket; the connection owns and closes it.
 * @param path What `peer.address` says, for instance the socket's path.
 * @returns The connection.
 *
 * @example
 * ```ts
 * import { unixConnection } from "@dari/dari";
 * import { assertEquals } from "@std/assert";
 *
 * const path = `${await Deno.makeTempDir()}/socket`;
 * using listener = Deno.listen({ transport: "unix", path });
 * const near = unixConnection(await Deno.connect({ transport: "unix", path }), path);
 * const far = unixConnection(await listener.accept(), path);
 * await near.send("hello\n");
 * assertEquals(await far.receive(), "hello\n");
 * near.abort();
 * far.abort();
 * ```
 */
export function unixConnection(conn: Deno.UnixConn, path: string): Connection {
  return connectionOf(conn, path);
}

function connectionOf(conn: Deno.UnixConn, path: string, bytesOf?: BytesOf): Connection {
  if (bytesOf === undefined) return new StreamConnection(conn, unixPeer(path), socketSizes);
  const bytes = bytesOf(conn);
  return new StreamConnection(bytes, new SharingPeer(path, bytes), socketSizes);
}

/** The other end of a connection that can move into memory. */
class SharingPeer implements Peer {
  readonly transport = "unix";
  readonly address: string;
  readonly #bytes: ByteStream;

  constructor(path: string, bytes: ByteStream) {
    this.address = path;
    this.#bytes = bytes;
  }

  get sharesMemory(): boolean {
    return this.#bytes.sharing?.isShared ?? false;
  }
}

function unixPeer(path: string): Peer {
  return { transport: "unix", address: path };
}
