/**
 * Unix sockets, open to their owner alone.
 *
 * @module
 */

import { abortable } from "../base/abort.ts";
import { TransportError } from "../base/errors.ts";
import { directoryOf, reasonOf } from "../base/files.ts";
import { acceptAll } from "./accept.ts";
import type { Connection, Listener } from "./connection.ts";
import { socketSizes, StreamConnection } from "./stream_connection.ts";

const SOCKET_MODE = 0o600;

/**
 * Listens on a Unix socket with mode 0600. The file of a server that crashed is replaced, but only
 * when no server answers on it.
 *
 * @param path The socket's path.
 * @returns The listener.
 * @throws {TransportError} `unavailable` when another server answers there, when something that is
 * not a socket has the path, or when the socket cannot be made.
 */
export async function listenUnix(path: string): Promise<Listener> {
  await removeStale(path);
  const listener = await bindPrivately(path);
  const closing = new AbortController();
  return {
    address: `unix:${path}`,
    close(): void {
      if (closing.signal.aborted) return;
      closing.abort();
      listener.close();
      removeQuietly(path); // the runtime removes it only from where it was made
    },
    async *[Symbol.asyncIterator](): AsyncGenerator<Connection> {
      for await (const conn of acceptAll(listener, closing.signal)) {
        yield unixConnection(conn, path);
      }
    },
  };
}

/**
 * Connects to a Unix socket.
 *
 * @param path The socket's path.
 * @param signal Ends the attempt.
 * @returns The connection.
 * @throws {TransportError} `unavailable` when nothing answers.
 */
export async function connectUnix(path: string, signal?: AbortSignal): Promise<Connection> {
  const connecting = Deno.connect({ transport: "unix", path });
  try {
    return unixConnection(await abortable(connecting, signal), path);
  } catch (cause) {
    connecting.then((conn) => conn.close(), () => {}); // where the signal came first
    const reason =
      cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.ConnectionRefused
        ? "no server listens there; start one with dari serve"
        : reasonOf(cause);
    throw new TransportError("unavailable", `Cannot connect to unix:${path}: ${reason}`, { cause });
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
  return new StreamConnection(conn, { transport: "unix", address: path }, socketSizes);
}

/**
 * Between bind and chmod the umask alone decides which users may connect. So the socket is made in a
 * directory that no other user can enter, and moved to its place once its mode is right.
 */
async function bindPrivately(path: string): Promise<Deno.UnixListener> {
  try {
    const directory = directoryOf(path);
    if (await isPrivate(directory)) return bindIn(path);
    const privateDirectory = await Deno.makeTempDir({ dir: directory, prefix: ".s" });
    try {
      const listener = bindIn(`${privateDirectory}/s`);
      await Deno.rename(`${privateDirectory}/s`, path);
      return listener;
    } finally {
      await Deno.remove(privateDirectory, { recursive: true });
    }
  } catch (cause) {
    throw new TransportError("unavailable", `Cannot listen on unix:${path}: ${reasonOf(cause)}`, {
      cause,
    });
  }
}

function bindIn(path: string): Deno.UnixListener {
  const listener = Deno.listen({ transport: "unix", path });
  if (Deno.build.os !== "windows") Deno.chmodSync(path, SOCKET_MODE);
  return listener;
}

async function isPrivate(directory: string): Promise<boolean> {
  const { mode } = await Deno.stat(directory);
  return mode === null || (mode & 0o077) === 0;
}

async function removeStale(path: string): Promise<void> {
  let status: Deno.FileInfo;
  try {
    status = await Deno.lstat(path);
  } catch {
    return; // Nothing is there; any other fault comes back when listening.
  }
  if (!status.isSocket) {
    throw new TransportError(
      "unavailable",
      `Cannot listen on unix:${path}: something that is not a socket has this path`,
    );
  }
  try {
    const conn = await Deno.connect({ transport: "unix", path });
    conn.close();
  } catch (cause) {
    if (!(cause instanceof Deno.errors.ConnectionRefused)) return;
    await Deno.remove(path);
    return;
  }
  throw new TransportError(
    "unavailable",
    `Cannot listen on unix:${path}: another server answers there; stop it or choose another path`,
  );
}

function removeQuietly(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // Gone already.
  }
}
