/**
 * Hears what is done with the queues and jobs of a run.
 *
 * @module
 */

import { limits } from "../../../lib/base/limits.ts";
import type { Disk } from "../machine/disk.ts";
import type { Timeline } from "../time/timeline.ts";
import { LEASE_MS } from "./calls.ts";
import { judgeMessages, type MessagesViolation } from "./judge.ts";
import type { Line } from "./lines.ts";
import { checkCounts, leftIn, readRemains } from "./remains.ts";

/** How the queue works, and those of jobs. */
const SETTINGS = { leaseMs: LEASE_MS, maxTries: limits.maxTries, jobLeaseMs: limits.leaseMs };

/** What is known of the queues and jobs of a run. */
export class MessagesWatch {
  readonly #time: Timeline;
  readonly #disk: Disk;
  readonly #lines: Line[] = [];

  /**
   * @param time The clock.
   * @param disk Where the queues are.
   */
  constructor(time: Timeline, disk: Disk) {
    this.#time = time;
    this.#disk = disk;
  }

  /** How many messages and jobs are left to be done. */
  get left(): number {
    return leftIn(this.#disk.tables.database);
  }

  /** Something was done. */
  write(line: Line): void {
    this.#lines.push(line);
    this.#time.note(JSON.stringify(line));
  }

  /** Judges, once nothing is left to be done. */
  check(): MessagesViolation[] {
    const { database } = this.#disk.tables;
    const found = judgeMessages(this.#lines, readRemains(database), SETTINGS);
    return [...found, ...checkCounts(database)];
  }
}
