/**
 * A contestant's processes: what they are told, and what they cost.
 *
 * @module
 */

import { LineProcess, type Program, type Usage, usageOf } from "../process.ts";
import type { RoundOrder, RoundResult } from "./round.ts";
import type { IpcSample } from "./statistics.ts";

const START_TIMEOUT_MS = 20_000;
/** Beyond its time, a round may take this long; then the contestant is ended. */
const PATIENCE_MS = 20_000;

/** A contestant that runs. */
export class ContestantProcess implements AsyncDisposable {
  readonly #process: LineProcess;
  #pids: readonly number[] = [];

  /** @param program What to run. */
  constructor(program: Program) {
    this.#process = new LineProcess(program);
  }

  /**
   * Runs one round.
   *
   * @param order How long.
   * @throws {Error} Where the contestant ended or did not answer in time.
   */
  async runRound(order: RoundOrder): Promise<IpcSample> {
    if (this.#pids.length === 0) {
      this.#pids = JSON.parse(await this.#process.readLine(START_TIMEOUT_MS)).pids;
    }
    const patienceMs = (order.warmUpSeconds + order.seconds) * 1_000 + PATIENCE_MS;
    await this.#process.send(order);
    await this.#process.readLine(patienceMs); // "warm"
    const before = await this.#usage();
    const { count, seconds }: RoundResult = JSON.parse(await this.#process.readLine(patienceMs));
    const after = await this.#usage();
    return {
      rate: count / seconds,
      cpuUs: (after.cpuSeconds - before.cpuSeconds) * 1e6 / Math.max(count, 1),
      rssBytesBefore: before.rssBytes,
      rssBytes: after.rssBytes,
      peakRssBytes: after.peakRssBytes,
    };
  }

  async #usage(): Promise<Usage> {
    const all = await Promise.all(this.#pids.map(usageOf));
    const sum = (key: keyof Usage) => all.reduce((total, usage) => total + usage[key], 0);
    return {
      cpuSeconds: sum("cpuSeconds"),
      rssBytes: sum("rssBytes"),
      peakRssBytes: sum("peakRssBytes"),
    };
  }

  /** Ends all of its processes. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const pid of this.#pids) {
      try {
        Deno.kill(pid, "SIGKILL");
      } catch {
        // It has ended already.
      }
    }
    await this.#process[Symbol.asyncDispose]();
  }
}
