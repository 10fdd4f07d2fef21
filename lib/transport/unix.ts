/**
 * Unix sockets, open to their owner alone.
 *
 * @module
 */

import { TransportError } from "../base/errors.ts";
import { directoryOf, reasonOf } from "../base/files.ts";
import { acceptAll } from "./accept.ts";
import type { Connection, Listener } from "./connection.ts";
import { socketSizes, StreamConnection } from "./stream_connection.ts";

const SOCKET_MODE = 0o600;

/**
 * Listens on a Unix socket with mode 0600. The file of a server that crashed is replaced, but only
 * when nobody answers on it.
 *
 * @param path The socket's path.
 * @returns The listener.
 * @throws {TransportError} `unavailable` when another server answers there, when the path is taken
 * by something that is no socket, or when it cannot be made.
 */
export async function listenUnix(path: string): Promise<Listener> {
  await removeStale(path);
  const listener = await bindPrivately(path);
  let closed = false;
  return {
    address: `unix:${path}`,
    close(): void {
      if (closed) return;
      closed = true;
      listener.close();
      removeQuietly(path); // The runtime removes it only from where it was born.
    },
    async *[Symbol.asyncIterator](): AsyncGenerator<Connection> {
      for await (const conn of acceptAll(listener, () => closed)) {
        yield unixConnection(conn, path);
      }
    },
  };
}

/**
 * Connects to a Unix socket.
 *
 * @param path The socket's path.
 * @returns The connection.
 * @throws {TransportError} `unavailable` when nothing answers.
 */
export async function connectUnix(path: string): Promise<Connection> {
  try {
    return unixConnection(await Deno.connect({ transport: "unix", path }), path);
  } catch (cause) {
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
 * @param conn The socket.
 * @param path The name to know it by.
 * @returns The connection.
 */
export function unixConnection(conn: Deno.UnixConn, path: string): Connection {
  return new StreamConnection(conn, { transport: "unix", address: path }, socketSizes);
}

/**
 * Between bind and chmod the umask alone decides who may connect. So a socket is born in a directory
 * that keeps others out, and moved to its place once its mode is right.
 */
async function bindPrivately(path: string): Promise<Deno.UnixListener> {
  try {
    const directory = directoryOf(path);
    if (await isPrivate(directory)) return bindIn(path);
    const nursery = await Deno.makeTempDir({ dir: directory, prefix: ".s" });
    try {
      const listener = bindIn(`${nursery}/s`);
      await Deno.rename(`${nursery}/s`, path);
      return listener;
    } finally {
      await Deno.remove(nursery, { recursive: true });
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
    return; // Nothing there; a reason that matters shows again when listening.
  }
  if (!status.isSocket) {
    throw new TransportError(
      "unavailable",
      `Cannot listen on unix:${path}: the path is taken by something that is no socket`,
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
