/**
 * A child process that is connected to its parent.
 *
 * @module
 */

import { DariError, TransportError } from "../base/errors.ts";
import { reasonOf } from "../base/files.ts";
import { limits } from "../base/limits.ts";

/** The environment variable that holds the path of the parent's socket. */
export const PARENT_SOCKET = "DARI_PARENT_SOCKET";

/** How {@linkcode spawnConnected} starts the child. */
export interface SpawnOptions {
  /** Its arguments. */
  args?: string[];
  /** Environment variables beside the parent's. */
  env?: Record<string, string>;
  /** Its working directory. */
  cwd?: string;
  /**
   * How long it may take to connect, in milliseconds.
   *
   * @default {10_000}
   */
  timeoutMs?: number;
  /**
   * How long it may take to end once it was told to, in milliseconds; then it is killed.
   *
   * @default {2_000}
   */
  graceMs?: number;
}

/** A child process and the connection to it. Disposing ends both. */
export interface ConnectedChild extends AsyncDisposable {
  /** The process; its standard streams are the parent's, its input is empty. */
  readonly process: Deno.ChildProcess;
  /** The connected Unix socket. */
  readonly conn: Deno.UnixConn;
}

/**
 * Starts a program and waits until it has connected back over a Unix socket of its own, which no
 * other user can reach and whose path is gone once it is connected. The child learns the path from
 * the environment; {@linkcode connectParent} does its part. When the parent ends in order the child
 * is told to end as well (SIGTERM); when it is killed the child reads the end of the connection.
 *
 * @param command The program.
 * @param options Arguments, environment and time limit.
 * @returns The child, connected.
 * @throws {TransportError} `unavailable` where it could not be started or ended before it had
 * connected, `deadline_exceeded` where it did not connect in time.
 *
 * @example Calls to a child
 * ```ts ignore
 * await using child = await spawnConnected("deno", { args: ["run", "--allow-env", "child.ts"] });
 * await using client = await connect(unixConnection(child.conn, "child"));
 * console.log(await client.call("add", { a: 1, b: 2 }));
 * ```
 *
 * @example And the child
 * ```ts ignore
 * const server = await serve({ listen: [], methods: { add: ({ a, b }) => a + b } });
 * await server.attach(unixConnection(await connectParent(), "parent")); // until the parent ends
 * ```
 */
export async function spawnConnected(
  command: string,
  options: SpawnOptions = {},
): Promise<ConnectedChild> {
  const { args = [], env = {}, cwd } = options;
  const { timeoutMs = limits.childConnectTimeoutMs, graceMs = limits.childGraceMs } = options;
  const directory = await Deno.makeTempDir({ prefix: "dari-" });
  try {
    await Deno.chmod(directory, 0o700);
    const path = `${directory}/parent.sock`;
    using listener = Deno.listen({ transport: "unix", path });
    const process = start(command, {
      args,
      env: { ...env, [PARENT_SOCKET]: path },
      stdin: "null",
      stdout: "inherit",
      stderr: "inherit",
      ...(cwd === undefined ? {} : { cwd }),
    });
    try {
      const conn = await accept(listener, process, command, timeoutMs);
      return connected(process, conn, graceMs);
    } catch (error) {
      await end(process, graceMs);
      throw error;
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/**
 * Connects a child process to the parent that started it with {@linkcode spawnConnected}.
 *
 * @returns The connection; it ends when the parent does.
 * @throws {DariError} `failed_precondition` where no such parent started this process.
 * @throws {TransportError} `unavailable` where the parent is gone.
 */
export async function connectParent(): Promise<Deno.UnixConn> {
  const path = Deno.env.get(PARENT_SOCKET);
  if (path === undefined) {
    throw new DariError(
      "failed_precondition",
      `${PARENT_SOCKET} is not set; start this program with spawnConnected()`,
    );
  }
  try {
    return await Deno.connect({ transport: "unix", path });
  } catch (cause) {
    throw new TransportError("unavailable", `The parent is gone: ${reasonOf(cause)}`, { cause });
  }
}

function start(command: string, options: Deno.CommandOptions): Deno.ChildProcess {
  try {
    return new Deno.Command(command, options).spawn();
  } catch (cause) {
    throw new TransportError("unavailable", `Cannot start "${command}": ${reasonOf(cause)}`, {
      cause,
    });
  }
}

async function accept(
  listener: Deno.UnixListener,
  process: Deno.ChildProcess,
  command: string,
  timeoutMs: number,
): Promise<Deno.UnixConn> {
  const failure = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const message = `"${command}" did not connect within ${timeoutMs} ms`;
    failure.reject(new TransportError("deadline_exceeded", message));
  }, timeoutMs);
  process.status.then(({ code, signal }) => {
    const how = signal ?? `code ${code}`;
    const message = `"${command}" ended (${how}) before it had connected`;
    failure.reject(new TransportError("unavailable", message));
  });
  const accepted = listener.accept();
  accepted.catch(() => {}); // the listener is closed when the failure comes first
  failure.promise.catch(() => {}); // after the connection is made the child may end
  try {
    return await Promise.race([accepted, failure.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function connected(
  process: Deno.ChildProcess,
  conn: Deno.UnixConn,
  graceMs: number,
): ConnectedChild {
  const onUnload = () => kill(process, "SIGTERM");
  globalThis.addEventListener("unload", onUnload);
  process.status.then(() => globalThis.removeEventListener("unload", onUnload));
  return {
    process,
    conn,
    async [Symbol.asyncDispose]() {
      try {
        conn.close();
      } catch { /* its user has closed it */ }
      await end(process, graceMs);
    },
  };
}

/** Tells a process to end, and kills one that does not. */
async function end(process: Deno.ChildProcess, graceMs: number): Promise<void> {
  kill(process, "SIGTERM");
  const timer = setTimeout(() => kill(process, "SIGKILL"), graceMs);
  await process.status;
  clearTimeout(timer);
}

function kill(process: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    process.kill(signal);
  } catch { /* it has ended */ }
}
