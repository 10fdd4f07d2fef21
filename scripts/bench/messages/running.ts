/**
 * A contestant whose processes run: what it is told, and what it costs.
 *
 * @module
 */

import { endAll, LineProcess, usageOfAll } from "../process.ts";
import type { MessagesContestant } from "./contestants.ts";
import type { LoadResult, Order } from "./load.ts";

const START_TIMEOUT_MS = 60_000;
/** Beyond its time, an order may take this long; then the contestant is ended. */
const PATIENCE_MS = 60_000;
/** The same for each of the messages that it says how many there are. */
const PATIENCE_PER_MESSAGE_MS = 0.5;

/** One round of one contestant. */
export interface MessagesSample {
  /** Messages a second. */
  readonly rate: number;
  /** Processor time of all its processes for each, in microseconds. */
  readonly cpuUs: number;
  /** Memory of all its processes at the end. */
  readonly rssBytes: number;
  /** How long messages took from being due until they were taken, where that was measured. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** A contestant that runs. */
export class RunningContestant implements AsyncDisposable {
  readonly name: string;
  readonly isPeer: boolean;
  /** Where its files are. */
  readonly directory: string;
  readonly #process: LineProcess;
  #pids: readonly number[] = [];
  /** What it is made of. */
  version = "";
  /** Whether it has topics as well. */
  hasTopics = false;

  private constructor(contestant: MessagesContestant, directory: string) {
    this.name = contestant.name;
    this.isPeer = contestant.isPeer;
    this.directory = directory;
    this.#process = new LineProcess(contestant.program(directory));
  }

  /**
   * Starts a contestant.
   *
   * @param contestant Which.
   * @param parent Where its directory is made.
   * @throws {Error} Where it cannot run here, with its reason.
   */
  static async start(contestant: MessagesContestant, parent: string): Promise<RunningContestant> {
    await contestant.prepare?.();
    const directory = `${parent}/${contestant.name.replaceAll(/\W+/g, "_")}`;
    await Deno.mkdir(directory);
    const running = new RunningContestant(contestant, directory);
    try {
      const about = JSON.parse(await running.#process.readLine(START_TIMEOUT_MS));
      if (about.refused !== undefined) throw new Error(about.refused);
      running.#pids = about.pids;
      running.version = about.version;
      running.hasTopics = about.hasTopics ?? false;
      return running;
    } catch (error) {
      await running[Symbol.asyncDispose]();
      throw error;
    }
  }

  /**
   * Carries out an order.
   *
   * @param order What is done.
   * @throws {Error} Where the contestant ended or did not answer in time.
   */
  async carryOut(order: Order): Promise<MessagesSample> {
    const count = "count" in order ? order.count : 0;
    const patienceMs = order.seconds * 1_000 + PATIENCE_MS + PATIENCE_PER_MESSAGE_MS * count;
    await this.#process.send(order);
    await this.#process.readLine(patienceMs); // "warm"
    const before = await usageOfAll(this.#pids);
    const result: LoadResult = JSON.parse(await this.#process.readLine(patienceMs));
    const after = await usageOfAll(this.#pids);
    return {
      rate: result.count / result.seconds,
      cpuUs: (after.cpuSeconds - before.cpuSeconds) * 1e6 / Math.max(result.count, 1),
      rssBytes: after.rssBytes,
      p50Ms: result.p50Ms ?? NaN,
      p99Ms: result.p99Ms ?? NaN,
    };
  }

  /** How many bytes its files take on the disk. */
  async diskBytes(): Promise<number> {
    const args = ["--summarize", "--block-size=1", this.directory];
    const { stdout } = await new Deno.Command("du", { args }).output();
    return Number.parseInt(new TextDecoder().decode(stdout));
  }

  /** Ends all of its processes. */
  async [Symbol.asyncDispose](): Promise<void> {
    endAll(this.#pids);
    await this.#process[Symbol.asyncDispose]();
  }
}
