/**
 * Hears what is done with the queues, jobs and topics of a run.
 *
 * @module
 */

import { limits } from "../../../lib/base/limits.ts";
import type { MachineClock } from "../machine/clock.ts";
import type { Disk } from "../machine/disk.ts";
import type { Timeline } from "../time/timeline.ts";
import { LEASE_MS } from "./calls.ts";
import { judgeMessages, type MessagesPromised, type MessagesViolation } from "./judge.ts";
import type { Line } from "./lines.ts";
import { checkCounts, givenUpIn, groupPlace, leftIn, readRemains } from "./remains.ts";
import type { Reader } from "./topic_calls.ts";
import { judgeTopics } from "./topics_judge.ts";

/** How the queue works, and those of jobs. */
const SETTINGS = { leaseMs: LEASE_MS, maxTries: limits.maxTries, jobLeaseMs: limits.leaseMs };

/**
 * Promises that need programs whose own times are the same: one that started while the clock was ahead
 * takes the leases of the others for ended.
 */
const TIMED: readonly MessagesPromised[] = [
  "keys keep their order",
  "no message runs beyond what a lease explains",
  "an answer after the lease is refused",
];

/** What is known of the queues, jobs and topics of a run. */
export class MessagesWatch {
  readonly #time: Timeline;
  readonly #disk: Disk;
  readonly #clock: MachineClock;
  readonly #lines: Line[] = [];
  readonly #readers = new Map<string, Reader>();
  /** The place of the last message whose publish was acknowledged. */
  #published = 0;

  /**
   * @param time The clock.
   * @param disk Where the queues are.
   * @param clock What time it is to them.
   */
  constructor(time: Timeline, disk: Disk, clock: MachineClock) {
    this.#time = time;
    this.#disk = disk;
    this.#clock = clock;
  }

  /** How many messages and jobs are left to be done, those of the topic for its group included. */
  get left(): number {
    const { database } = this.#disk.tables;
    // Before its first member there is no group that could count them.
    return Math.max(leftIn(database), this.#published - groupPlace(database));
  }

  /** How many messages of the topic are left to be read. */
  get unread(): number {
    return this.#readers.values().reduce((sum, { place }) => {
      return sum + Math.max(0, this.#published - place);
    }, 0);
  }

  /** The reader of a client, which begins before the first message. */
  readerOf(name: string): Reader {
    const known = this.#readers.get(name);
    if (known !== undefined) return known;
    const reader = { name, place: 0, isReading: false };
    this.#readers.set(name, reader);
    this.write({ kind: "readsFrom", reader: name, cursor: 0 });
    return reader;
  }

  /** Something was done. */
  write(line: Line): void {
    if (line.kind === "published") this.#published = Math.max(this.#published, line.cursor);
    if (line.kind === "given" || line.kind === "givenDone") this.#lines.push(this.#groupAt());
    this.#lines.push(line);
    this.#time.note(JSON.stringify(line));
  }

  /** Judges, once nothing is left to be done. */
  check(): MessagesViolation[] {
    const { database } = this.#disk.tables;
    const found = judgeMessages(this.#lines, readRemains(database), SETTINGS);
    const all = [
      ...found,
      ...judgeTopics(this.#lines, givenUpIn(database)),
      ...checkCounts(database),
    ];
    return all.filter(({ promise }) => this.#clock.wasOneTime || !TIMED.includes(promise));
  }

  #groupAt(): Line {
    return { kind: "groupAt", cursor: groupPlace(this.#disk.tables.database) };
  }
}
