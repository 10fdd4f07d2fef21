/**
 * The programs of a run, each of which is killed, frozen and started again.
 *
 * @module
 */

import { LineProcess, type Program } from "../../bench/process.ts";
import { SOCKET } from "./settings.ts";

/** Who takes part. */
export type Role = "server" | "producer" | "worker";

/** Where the files of a run are, and its seed. */
export interface Stage {
  /** The server's store and socket. */
  readonly directory: string;
  /** What all programs write down. */
  readonly records: string;
  readonly seed: number;
  /** Whether there are jobs as well; one whose server dies waits for half a minute. */
  readonly hasJobs: boolean;
}

/** A program that may run. */
export class Player implements AsyncDisposable {
  readonly role: Role;
  readonly #stage: Stage;
  readonly #name: string;
  #process: LineProcess | undefined;

  /**
   * @param role What it is.
   * @param name Its name.
   * @param stage Where its files are.
   */
  constructor(role: Role, name: string, stage: Stage) {
    this.role = role;
    this.#name = name;
    this.#stage = stage;
  }

  /** Starts it, where it does not run. A server serves by then. */
  async start(): Promise<void> {
    if (this.#process !== undefined) return;
    const process = this.#process = new LineProcess(this.#program());
    if (this.role === "server") await process.readAddress();
  }

  /** Kills it, and waits until it is gone. */
  async kill(): Promise<void> {
    await this.#process?.[Symbol.asyncDispose]();
    this.#process = undefined;
  }

  /** Lets it not go on, or go on again. */
  freeze(isFrozen: boolean): void {
    if (this.#process !== undefined) {
      Deno.kill(this.#process.pid, isFrozen ? "SIGSTOP" : "SIGCONT");
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }

  #program(): Program {
    const { directory, records, seed, hasJobs } = this.#stage;
    const script = new URL(`${this.role}.ts`, import.meta.url).pathname;
    const where = this.role === "server" ? directory : addressOf(directory);
    const given = [where, records, `${seed}`, this.#name, hasJobs ? "jobs" : ""];
    return {
      command: Deno.execPath(),
      args: ["run", "--quiet", "--no-check", "--allow-all", script, ...given],
    };
  }
}

/** Where the server of a directory listens. */
export function addressOf(directory: string): string {
  return `unix:${directory}/${SOCKET}`;
}
