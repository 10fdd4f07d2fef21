/**
 * A child process that is connected to its parent.
 *
 * @module
 */

import { deadline, settlesWithin } from "../base/abort.ts";
import { DariError, TransportError } from "../base/errors.ts";
import { reasonOf } from "../base/file/reason.ts";
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
   * Time to connect, in milliseconds.
   *
   * @default {10_000}
   */
  timeoutMs?: number;
  /**
   * Time to end after SIGTERM, in milliseconds; then it is killed.
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
 * Starts a program and waits until it has connected back over a Unix socket. No other user can open
 * the socket, and its path is removed once the child is connected. The child reads the path from its
 * environment, with {@linkcode connectParent}. When the parent ends in order, the child gets SIGTERM;
 * when the parent is killed, the child reads the end of the connection.
 *
 * @param command The program.
 * @param options Arguments, environment and time limit.
 * @returns The child, connected.
 * @throws {TransportError} `unavailable` when it could not be started or ended before it had
 * connected, `deadline_exceeded` when it did not connect in time.
 *
 * @example
 * ```ts
 * import { connect, spawnConnected, unixConnection } from "@dari/dari";
 * import { assertEquals } from "@std/assert";
 *
 * const program = `
 *   import { connectParent, serve, unixConnection } from "@dari/dari";
 *
 *   const methods = { add: ({ a, b }) => a + b };
 *   const server = await serve({ listen: [], methods, public: ["add"] });
 *   await server.attach(unixConnection(await connectParent(), "parent")); // until the parent ends
 * `;
 * await using child = await spawnConnected(Deno.execPath(), { args: ["eval", program] });
 * await using client = await connect(unixConnection(child.conn, "child"));
 * assertEquals(await client.call("add", { a: 10, b: 20 }), 30);
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
 * @throws {DariError} `failed_precondition` when no such parent started this process.
 * @throws {TransportError} `unavailable` when the parent is gone.
 *
 * @example
 * ```ts
 * import { connectParent, DariError } from "@dari/dari";
 * import { assertRejects } from "@std/assert";
 *
 * // This program was started by hand. `spawnConnected` shows a child that finds its parent.
 * await assertRejects(() => connectParent(), DariError, "DARI_PARENT_SOCKET is not set");
 * ```
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
  const accepted = listener.accept();
  accepted.catch(() => {}); // the listener is closed when something else comes first
  const ended = process.status.then(({ code, signal }) => {
    const how = signal ?? `code ${code}`;
    const message = `"${command}" ended (${how}) before it had connected`;
    throw new TransportError("unavailable", message);
  });
  ended.catch(() => {}); // once it has connected, it may end
  try {
    return await deadline(Promise.race([accepted, ended]), timeoutMs);
  } catch (cause) {
    if (!(cause instanceof DOMException)) throw cause;
    const message = `"${command}" did not connect within ${timeoutMs} ms`;
    throw new TransportError("deadline_exceeded", message, { cause });
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

/** Sends SIGTERM, and SIGKILL to a process that does not end in time. */
async function end(process: Deno.ChildProcess, graceMs: number): Promise<void> {
  kill(process, "SIGTERM");
  if (await settlesWithin(process.status, graceMs)) return;
  kill(process, "SIGKILL");
  await process.status;
}

function kill(process: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    process.kill(signal);
  } catch { /* it has ended */ }
}
