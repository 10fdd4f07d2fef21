/**
 * A process of the cluster, which is killed and started again; what it prints goes into a file.
 *
 * @module
 */

import type { Program } from "../../bench/process.ts";

/** One process, or none. */
export class ClusterProcess implements AsyncDisposable {
  readonly #program: Program;
  readonly #log: string;
  #child: Deno.ChildProcess | undefined;

  /**
   * @param program What it runs.
   * @param log The file that it prints into.
   */
  constructor(program: Program, log: string) {
    this.#program = program;
    this.#log = log;
  }

  /** Its process id; `undefined` while it does not run. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts it, where it does not run. */
  start(): void {
    if (this.#child !== undefined) return;
    const { command, args, cwd } = this.#program;
    this.#child = new Deno.Command("sh", {
      args: ["-c", 'exec "$@" >>"$0" 2>&1', this.#log, command, ...args],
      ...(cwd === undefined ? {} : { cwd }),
      stdin: "null",
      stdout: "null",
      stderr: "null",
      env: { NO_COLOR: "1" },
    }).spawn();
  }

  /** Kills it as a loss of power would, and waits until it is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    try {
      child?.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await child?.status;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}
