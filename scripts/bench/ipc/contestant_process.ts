/**
 * A contestant's processes: what they are told, and what they cost.
 *
 * @module
 */

import { endAll, LineProcess, type Program, usageOfAll } from "../process.ts";
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
    const before = await usageOfAll(this.#pids);
    const { count, seconds }: RoundResult = JSON.parse(await this.#process.readLine(patienceMs));
    const after = await usageOfAll(this.#pids);
    return {
      rate: count / seconds,
      cpuUs: (after.cpuSeconds - before.cpuSeconds) * 1e6 / Math.max(count, 1),
      rssBytesBefore: before.rssBytes,
      rssBytes: after.rssBytes,
      peakRssBytes: after.peakRssBytes,
    };
  }

  /** Ends all of its processes. */
  async [Symbol.asyncDispose](): Promise<void> {
    endAll(this.#pids);
    await this.#process[Symbol.asyncDispose]();
  }
}
