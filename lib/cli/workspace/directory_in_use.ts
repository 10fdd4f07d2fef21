/**
 * Which server uses a data directory: it holds a lock, and says in the locked file where its socket is.
 *
 * @module
 */

import { DariError, TransportError } from "../../base/errors.ts";
import { closeLocked } from "../../base/file/close_locked.ts";
import { reasonOf } from "../../base/file/files.ts";
import { openOwnFile } from "../../base/file/own_file.ts";
import { limits } from "../../base/limits.ts";

const LOCK_FILE = "server.lock";
const SOCKET_FILE = "dari.sock";

/** What the file of a lock says. */
interface Holder extends Reach, Partial<Service> {
  readonly pid?: number;
  readonly socket?: string;
}

/** How a server serves, for who looks at its directory. */
export interface Service {
  /** Where it listens. */
  readonly addresses: readonly string[];
  /** The most connections that it wants. */
  readonly maxConnections: number;
  /** The most files that it may have open, where it knows; JSON has no `Infinity`. */
  readonly maxOpenFiles?: number | undefined;
  /** The oldest version of TLS that it takes. */
  readonly tlsMin: string;
}

/** How clients reach a server with TLS. */
export interface Reach {
  /** Its address, as clients of other machines write it where there are any. */
  readonly address?: string | undefined;
  /** SHA-256 of its authority's public key. */
  readonly fingerprint?: string | undefined;
  /** The address of a listener that asks for client certificates. */
  readonly mutual?: string | undefined;
}

/** A data directory that a server has to itself; disposing gives it free. */
export interface HeldDirectory extends Disposable {
  /** The path of the server's socket. */
  readonly socket: string;
  /** Says for other commands how clients reach the server, and how it serves. */
  tell(reach: Reach, service?: Service): Promise<void>;
}

/**
 * Takes a data directory for a server, until that ends.
 *
 * @param directory The data directory.
 * @param socket The path of the server's socket, where the user gave one instead of `DIR/dari.sock`.
 * @returns The directory, until it is disposed of.
 * @throws {TransportError} `unavailable` when another server uses it: which one, and where it listens.
 * @throws {DariError} `io` when the directory cannot be written, `configuration` when others can change
 * the file by which it is held.
 */
export async function holdDirectory(
  directory: string,
  socket?: string,
): Promise<HeldDirectory> {
  const path = `${directory}/${LOCK_FILE}`;
  let file: Deno.FsFile;
  try {
    file = await openOwnFile(path);
  } catch (cause) {
    if (cause instanceof DariError) throw cause;
    throw new DariError("io", `Cannot lock "${path}": ${reasonOf(cause)}`, { cause });
  }
  // A file system without locks does not keep a server from starting; its socket still tells.
  if (await file.tryLock(true).catch(() => true)) {
    const named = socket === undefined ? {} : { socket: await absolute(socket) };
    const holder: Holder = { pid: Deno.pid, ...named };
    await write(file, path, holder).catch((error) => {
      closeLocked(file);
      throw error;
    });
    return {
      socket: socket ?? `${directory}/${SOCKET_FILE}`,
      tell: (reach, service) => write(file, path, { ...holder, ...reach, ...service }),
      [Symbol.dispose]: () => release(file),
    };
  }
  file.close();
  const { pid } = await readHolder(directory);
  const who = pid === undefined ? "another server" : `the server with process id ${pid}`;
  throw new TransportError(
    "unavailable",
    `The data directory "${directory}" is in use by ${who}, which listens on ` +
      `unix:${await socketOf(directory)}; stop it, or give this one its own directory (--data DIR)`,
    { retryable: false },
  );
}

/**
 * The Unix socket of the server that uses a data directory.
 *
 * @param directory The data directory.
 * @returns Its path; `DIR/dari.sock` where no server says another.
 */
export async function socketOf(directory: string): Promise<string> {
  return (await readHolder(directory)).socket ?? `${directory}/${SOCKET_FILE}`;
}

/**
 * How clients reach the server that uses a data directory.
 *
 * @param directory The data directory.
 * @returns Nothing where no server uses it, or it has no TLS.
 */
export async function reachOf(directory: string): Promise<Reach> {
  const { address, fingerprint, mutual } = await readHolder(directory);
  return { address, fingerprint, mutual };
}

/** A server that uses a data directory, as it says itself. */
export interface RunningServer extends Partial<Service> {
  /** Its process. */
  readonly pid: number;
  /** Its address for clients with TLS. */
  readonly address?: string | undefined;
  /** The address of a listener that asks for client certificates. */
  readonly mutual?: string | undefined;
}

/**
 * The server that uses a data directory.
 *
 * @param directory The data directory.
 * @returns `undefined` where there is none: one that was killed has left its file, but accepts nothing.
 */
export async function runningServer(directory: string): Promise<RunningServer | undefined> {
  const { pid, ...said } = await readHolder(directory);
  if (pid === undefined) return undefined;
  try {
    (await Deno.connect({ transport: "unix", path: await socketOf(directory) })).close();
  } catch {
    return undefined;
  }
  return { pid, ...said };
}

/** Commands of another directory find the socket as well. */
async function absolute(path: string): Promise<string> {
  if (path.startsWith("/")) return path;
  const end = path.lastIndexOf("/");
  const directory = await Deno.realPath(end < 0 ? "." : path.slice(0, end)).catch(() => undefined);
  return directory === undefined ? path : `${directory}/${path.slice(end + 1)}`;
}

async function write(file: Deno.FsFile, path: string, holder: Holder): Promise<void> {
  try {
    await file.truncate();
    await file.seek(0, Deno.SeekMode.Start);
    await file.write(new TextEncoder().encode(`${JSON.stringify(holder)}\n`));
  } catch (cause) {
    throw new DariError("io", `Cannot write "${path}": ${reasonOf(cause)}`, { cause });
  }
}

function release(file: Deno.FsFile): void {
  try {
    file.truncateSync();
  } finally {
    closeLocked(file);
  }
}

async function readHolder(directory: string): Promise<Holder> {
  try {
    const path = `${directory}/${LOCK_FILE}`;
    const { isFile, size } = await Deno.lstat(path);
    if (!isFile || size > limits.maxLockFileBytes) return {};
    const holder: unknown = JSON.parse(await Deno.readTextFile(path));
    const { pid, ...texts } = (holder ?? {}) as Record<string, unknown>;
    const { addresses } = texts;
    const named = (names: readonly string[], isRight: (value: unknown) => boolean) =>
      Object.fromEntries(
        names.filter((name) => isRight(texts[name])).map((name) => [name, texts[name]]),
      );
    const words = ["socket", "address", "fingerprint", "mutual", "tlsMin"];
    return {
      ...(typeof pid === "number" ? { pid } : {}),
      ...named(words, (value) => typeof value === "string"),
      ...named(["maxConnections", "maxOpenFiles"], (value) => typeof value === "number"),
      ...(Array.isArray(addresses) && { addresses: addresses.map(String) }),
    };
  } catch {
    return {}; // There is no server, or the file is being written.
  }
}
