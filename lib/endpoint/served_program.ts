/**
 * A program that is served: its copies, started again when they end, and its methods.
 *
 * @module
 */

import { type Clock, systemClock } from "../base/clock.ts";
import { DariError, RpcError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { WriteLog } from "../base/text/write_log.ts";
import { parseCommand } from "../exec/command_line.ts";
import { ErrorLines } from "../exec/error_lines.ts";
import { forwardedMethods, type ProgramMethod } from "../exec/forwarded_methods.ts";
import { readProgramDocument } from "../exec/program_document.ts";
import type { Client } from "../rpc/client/client.ts";
import type { Methods } from "../rpc/method/method.ts";
import type { Connection } from "../transport/connection.ts";
import { connectProgram } from "../transport/program.ts";
import { connect } from "./connect.ts";

/** What {@linkcode ServedProgram.start} takes. */
export interface ServedProgramOptions {
  /** The command line; no shell reads it. */
  readonly command: string;
  /** How many copies share the calls. @default {1} */
  readonly copies?: number | undefined;
  /** Its methods, where it does not answer `rpc.discover`. */
  readonly methods?: readonly string[] | undefined;
  /** Its environment; it inherits nothing. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** The user and the group that it runs as; without them, those of this process. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
  /** Hears what it writes to its standard error, and how a copy ended. */
  readonly tell: WriteLog;
  /** Makes the program a server of the wire, where it speaks another protocol. */
  readonly translate?: ((connection: Connection) => Connection) | undefined;
  /** Where the time comes from. */
  readonly clock?: Clock | undefined;
}

/**
 * A program that speaks the wire on its standard streams. Each copy is a server of one client, which
 * gives a call to the copy with the fewest, and starts a copy that has ended again, after a pause that
 * grows.
 */
export class ServedProgram implements AsyncDisposable {
  /** Its methods, for `serve`. */
  readonly methods: Methods;
  readonly #client: Client;

  private constructor(client: Client, methods: readonly ProgramMethod[]) {
    this.#client = client;
    this.methods = forwardedMethods(methods, client);
  }

  /**
   * Starts the copies, and asks one of them which methods there are.
   *
   * @param options The program.
   * @returns Once that is known. Disposing it ends the program.
   * @throws {DariError} `usage` for a command line that cannot be read, `data` for an answer that
   * cannot be, `failed_precondition` where it does not tell its methods.
   * @throws {TransportError} `unavailable` when it cannot be started, or ends at once.
   */
  static async start(options: ServedProgramOptions): Promise<ServedProgram> {
    const { command, copies = 1, methods = [] } = options;
    if (!Number.isInteger(copies) || copies < 1 || copies > limits.maxProgramCopies) {
      const most = limits.maxProgramCopies;
      throw new DariError(
        "usage",
        `copies is ${copies}; it must be a whole number from 1 to ${most}`,
      );
    }
    const { program } = parseCommand(command);
    const dialers = Array.from({ length: copies }, (_, index) => ({
      address: copies === 1 ? program : `${program}#${index + 1}`,
      connect: () => Promise.resolve().then(() => connectCopy(options)),
    }));
    const client = await connect(dialers, {
      delegate: true, // it is told on whose behalf it works
      lifeSignMs: Infinity, // it may be at work on one thing and answer nothing meanwhile
      health: false,
      outliers: false,
      timeoutMs: Infinity, // calls inherit the deadline of their caller
      ...(options.clock === undefined ? {} : { clock: options.clock }),
    });
    try {
      const named = methods.map((name) => ({ name, isStream: false, errors: {} }));
      return new ServedProgram(client, named.length > 0 ? named : await discover(client, program));
    } catch (error) {
      await client.close();
      throw error;
    }
  }

  /** Ends the program. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.close();
  }
}

function connectCopy(options: ServedProgramOptions): Connection {
  const { command, env, owner, tell, translate, clock = systemClock } = options;
  const { program, args } = parseCommand(command);
  const lines = new ErrorLines(
    (line) => tell(`${program}: ${line}`, "warn"),
    () => clock.monotonic(),
  );
  const connection = connectProgram(program, {
    ...{ args, env, owner },
    onText: (text) => lines.add(text),
    onEnd(how) {
      lines.end();
      tell(`${program} has ended (${how})`, "warn");
    },
  });
  return translate === undefined ? connection : translate(connection);
}

async function discover(client: Client, program: string): Promise<ProgramMethod[]> {
  try {
    const timeoutMs = limits.programStartMs;
    return readProgramDocument(await client.call("rpc.discover", undefined, { timeoutMs }));
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    throw new DariError(
      "failed_precondition",
      `"${program}" does not say which methods it has: it answered rpc.discover with ` +
        `"${error.message}". Let it answer with an OpenRPC document, or name its methods`,
      { cause: error },
    );
  }
}
