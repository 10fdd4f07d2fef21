/**
 * Servers that a round kills, stops and starts again: each a process with a directory of its own.
 *
 * @module
 */

import { LineProcess, type Program } from "../bench/process.ts";
import type { Cable } from "./cable.ts";

/** How a contestant's server is started. */
export interface ServerKind {
  /**
   * @param directory The server's own, where it writes `effects`.
   * @param host Where it listens.
   * @param port Where it listens; 0 for any.
   * @returns The program. It prints `{"addresses": [...]}` once it serves; the last one counts.
   */
  program(directory: string, host: string, port: number): Program;
}

const START_TIMEOUT_MS = 60_000;

/** One server. It keeps its port from start to start. */
export class FaultServer implements AsyncDisposable {
  readonly #kind: ServerKind;
  readonly #directory: string;
  readonly #cable: Cable | undefined;
  #process: LineProcess | undefined;
  #port = 0;

  /**
   * @param kind How it is started.
   * @param directory Its own; it must exist.
   * @param cable The cable to the machine that it runs on; `undefined` for this one.
   */
  constructor(kind: ServerKind, directory: string, cable?: Cable) {
    this.#cable = cable;
    this.#kind = kind;
    this.#directory = directory;
  }

  /** Where it listens; 0 before the first start. */
  get port(): number {
    return this.#port;
  }

  /** Where it listens, `HOST:PORT`. */
  get address(): string {
    return `${this.#host}:${this.#port}`;
  }

  get #host(): string {
    return this.#cable?.host ?? "127.0.0.1";
  }

  /** Starts it. Resolves once it serves. */
  async start(): Promise<void> {
    const program = this.#kind.program(this.#directory, this.#host, this.#port);
    const process = new LineProcess(this.#cable?.there(program) ?? program);
    this.#process = process;
    const { addresses } = JSON.parse(await process.readLine(START_TIMEOUT_MS));
    this.#port = Number(/:(\d+)$/.exec(addresses.at(-1))?.[1]);
  }

  /**
   * Sends it a signal.
   *
   * @param name Which.
   */
  signal(name: Deno.Signal): void {
    if (this.#process !== undefined) Deno.kill(this.#process.pid, name);
  }

  /** Kills it, and waits until it is gone. */
  async kill(): Promise<void> {
    await this.#process?.[Symbol.asyncDispose]();
    this.#process = undefined;
  }

  /** Asks it to stop in order, and waits until it is gone. */
  async stop(): Promise<void> {
    this.signal("SIGTERM");
    await this.#process?.status;
    await this.kill();
  }

  /** The text of the file where it writes what ran. */
  async effects(): Promise<string> {
    return await Deno.readTextFile(`${this.#directory}/effects`);
  }

  /** Empties that file. */
  async forget(): Promise<void> {
    await Deno.truncate(`${this.#directory}/effects`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
