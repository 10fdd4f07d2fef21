/**
 * A process of the cluster, which is killed and started again; what it prints goes into a file.
 *
 * @module
 */

import { delay } from "../../../lib/base/abort.ts";
import type { Program } from "../../bench/process.ts";

/** How soon one that ended by itself is started again, as by the unit of `dari service install`. */
const RESTART_MS = 1_000;

/** What a process is asked for beside its program. */
interface ProcessOptions {
  /** Whether it is started again where it ended by itself. */
  readonly isManaged?: boolean;
}

/** One process, or none. */
export class ClusterProcess implements AsyncDisposable {
  readonly #program: Program;
  readonly #log: string;
  readonly #isManaged: boolean;
  #child: Deno.ChildProcess | undefined;

  /**
   * @param program What it runs.
   * @param log The file that it prints into.
   * @param options What else is wanted.
   */
  constructor(program: Program, log: string, { isManaged = false }: ProcessOptions = {}) {
    this.#program = program;
    this.#log = log;
    this.#isManaged = isManaged;
  }

  /** Its process id; `undefined` while it does not run. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts it, where it does not run. */
  start(): void {
    if (this.#child !== undefined) return;
    const { command, args, cwd } = this.#program;
    const child = this.#child = new Deno.Command("sh", {
      args: ["-c", 'exec "$@" >>"$0" 2>&1', this.#log, command, ...args],
      ...(cwd === undefined ? {} : { cwd }),
      stdin: "null",
      stdout: "null",
      stderr: "null",
      env: { NO_COLOR: "1" },
    }).spawn();
    if (this.#isManaged) void this.#startAgainBehind(child);
  }

  async #startAgainBehind(child: Deno.ChildProcess): Promise<void> {
    await child.status;
    await delay(RESTART_MS, { persistent: false });
    if (this.#child !== child) return; // it was killed
    this.#child = undefined;
    this.start();
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
