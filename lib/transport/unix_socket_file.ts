/**
 * The file of a Unix socket: made for its owner alone, never in the place of a living server's, and
 * removed by the server that made it.
 *
 * @module
 */

import { delay } from "../base/abort.ts";
import { TransportError } from "../base/errors.ts";
import { directoryOf, reasonOf } from "../base/file/files.ts";
import { limits } from "../base/limits.ts";
import { byteLength } from "../base/text/byte_length.ts";

const SOCKET_MODE = 0o600;
const { connectRetryMs: RETRY_MS } = limits;
const MAX_PATH_BYTES = Deno.build.os === "linux"
  ? limits.maxSocketPathBytes
  : limits.maxSocketPathBytesElsewhere;

/** A socket that listens, and its file. */
export interface BoundSocket {
  /** The socket. */
  readonly listener: Deno.UnixListener;
  /** Closes the socket and removes its file, unless that is another server's by now. */
  readonly close: () => void;
}

/**
 * Binds a socket. Of several servers that start at once, one gets the path.
 *
 * @param path The socket's path.
 * @returns The socket, mode 0600.
 * @throws {TransportError} `unavailable` when another server answers there, when something that is
 * not a socket has the path, or when the socket cannot be made.
 */
export async function bindSocket(path: string): Promise<BoundSocket> {
  const length = byteLength(path);
  if (length > MAX_PATH_BYTES) {
    const reason = `its path has ${length} bytes, and the system allows ${MAX_PATH_BYTES}`;
    throw cannotListen(path, reason);
  }
  using _lock = await lockDirectory(path);
  for (let attempt = 1;; attempt++) {
    await removeStale(path);
    try {
      const listener = await bindPrivately(path);
      const made = Deno.lstatSync(path);
      return { listener, close: () => closeSocket(listener, path, made) };
    } catch (cause) {
      // Another server may have been quicker: the next look finds it.
      const isTaken = cause instanceof Deno.errors.AddrInUse ||
        cause instanceof Deno.errors.AlreadyExists;
      if (isTaken && attempt < limits.maxSocketAttempts) continue;
      throw cannotListen(path, reasonOf(cause), cause);
    }
  }
}

/**
 * Keeps other starts out of the directory: between the look at a socket and its removal, or the
 * binding of a new one, another start could put its own there. A program that holds the lock for
 * long, or a file system without locks, does not keep a server from starting.
 *
 * @see {@link https://man7.org/linux/man-pages/man2/flock.2.html | flock(2)}
 */
async function lockDirectory(path: string): Promise<Disposable | undefined> {
  let directory: Deno.FsFile;
  try {
    directory = await Deno.open(directoryOf(path));
  } catch {
    return undefined; // binding says what is wrong with the directory
  }
  try {
    for (let waitedMs = 0; waitedMs < limits.maxSocketLockWaitMs; waitedMs += RETRY_MS) {
      if (await directory.tryLock(true)) break;
      await delay(RETRY_MS);
    }
  } catch {
    // There are no locks here.
  }
  return directory;
}

/** Removes the file of a server that has crashed. */
async function removeStale(path: string): Promise<void> {
  const found = lstatSync(path);
  if (found === undefined) return;
  if (!found.isSocket) {
    throw cannotListen(path, "something that is not a socket has this path");
  }
  if (await answers(path)) {
    throw cannotListen(path, "another server answers there; stop it or choose another path");
  }
  // A server that starts right now has bound the path and does not listen yet.
  await delay(limits.connectRetryMs);
  if (!await answers(path)) await moveAway(path, found);
}

/** Whether a server has this path; one whose queue is full is not gone. */
async function answers(path: string): Promise<boolean> {
  try {
    const conn = await Deno.connect({ transport: "unix", path });
    conn.close();
    return true;
  } catch (cause) {
    return !(cause instanceof Deno.errors.ConnectionRefused ||
      cause instanceof Deno.errors.NotFound);
  }
}

/** Removes a socket's file unless another server has put its own in the same place since. */
async function moveAway(path: string, stale: Deno.FileInfo): Promise<void> {
  const aside = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    await Deno.rename(path, aside);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return;
    throw cannotListen(path, reasonOf(cause), cause);
  }
  const moved = lstatSync(aside);
  if (moved !== undefined && !isSame(moved, stale)) {
    await Deno.link(aside, path).catch(() => {}); // a third server has the path by now
  }
  await Deno.remove(aside).catch(() => {});
}

/**
 * Between bind and chmod the umask alone decides which users may connect. So the socket is made in a
 * directory that no other user can enter, and moved to its place once its mode is right.
 */
async function bindPrivately(path: string): Promise<Deno.UnixListener> {
  const directory = directoryOf(path);
  if (await isPrivate(directory)) return bindIn(path);
  let failure: unknown;
  // The private directory makes the path longer than the system may allow; then it lies further up.
  for (const parent of ancestorsOf(directory)) {
    const birthplace = `${parent}/.${crypto.randomUUID().slice(0, 3)}`;
    if (byteLength(`${birthplace}/s`) > MAX_PATH_BYTES) continue;
    try {
      return await bindAndMove(birthplace, path);
    } catch (cause) {
      if (cause instanceof Deno.errors.AlreadyExists) throw cause;
      failure ??= cause;
    }
  }
  throw failure ?? new Error("no directory above it leaves room for a longer path");
}

async function bindAndMove(birthplace: string, path: string): Promise<Deno.UnixListener> {
  await Deno.mkdir(birthplace, { mode: 0o700 });
  try {
    const listener = bindIn(`${birthplace}/s`);
    try {
      await Deno.link(`${birthplace}/s`, path); // unlike a rename, it replaces nothing
      return listener;
    } catch (cause) {
      listener.close();
      throw cause;
    }
  } finally {
    await Deno.remove(birthplace, { recursive: true });
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

function closeSocket(listener: Deno.UnixListener, path: string, made: Deno.FileInfo): void {
  const found = lstatSync(path);
  if (found === undefined || isSame(found, made)) {
    listener.close();
    removeQuietly(path);
    return;
  }
  // The runtime removes whatever has the path that it was told to bind.
  const aside = `${path}.${crypto.randomUUID()}.tmp`;
  Deno.renameSync(path, aside);
  listener.close();
  Deno.renameSync(aside, path);
}

function removeQuietly(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // The runtime has removed it.
  }
}

/** A number of a file that was removed may be given to the next one at once; its time is not. */
function isSame(a: Deno.FileInfo, b: Deno.FileInfo): boolean {
  return a.dev === b.dev && a.ino === b.ino && a.mtime?.getTime() === b.mtime?.getTime();
}

function lstatSync(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch {
    return undefined; // Nothing is there; any other fault comes back when listening.
  }
}

function* ancestorsOf(directory: string): Generator<string> {
  yield directory;
  for (let at = directory; at.includes("/") && at !== "/"; yield at) at = directoryOf(at);
}

function cannotListen(path: string, reason: string, cause?: unknown): TransportError {
  return new TransportError("unavailable", `Cannot listen on unix:${path}: ${reason}`, { cause });
}
