/**
 * The failed sign-ins of peers, counted for all threads of a server together.
 *
 * @module
 */

import type { Clock } from "../../../base/clock.ts";
import { limits } from "../../../base/limits.ts";
import { ThreadCounts } from "../../../base/threads/thread_counts.ts";
import { ThreadTable } from "../../../base/threads/thread_table.ts";
import type { PeerCounts, PeerFailures } from "./peer_counts.ts";

/** The numbers of a row: the failures, and when their count starts again. */
const COLUMNS = 2;
/** Moments are kept in tenths of a second: 32 bits of them are years. */
const { threadMomentMs: MOMENT_MS } = limits;

/** The memory of the counts. */
export interface ThreadPeerMemory {
  /** The failures. */
  readonly failures: SharedArrayBuffer;
  /** The attempts that are being checked. */
  readonly checking: SharedArrayBuffer;
}

/** Counts for all threads. */
export class ThreadPeerCounts implements PeerCounts {
  readonly #clock: Clock;
  readonly #failures: ThreadTable;
  readonly #checking: ThreadCounts;

  /**
   * Allocates the memory.
   *
   * @param threads How many threads there are.
   */
  static allocate(threads: number): ThreadPeerMemory {
    return {
      failures: ThreadTable.allocate(limits.maxPeersCounted, COLUMNS),
      checking: ThreadCounts.allocate(limits.maxPeersChecked, threads),
    };
  }

  /**
   * @param memory What `allocate` made.
   * @param threads How many threads there are, as in `allocate`.
   * @param thread The number of this thread, from 0.
   * @param clock A clock whose monotonic time is the same in all threads.
   */
  constructor(memory: ThreadPeerMemory, threads: number, thread: number, clock: Clock) {
    this.#clock = clock;
    this.#failures = new ThreadTable(memory.failures, COLUMNS, thread);
    this.#checking = new ThreadCounts(memory.checking, threads, thread);
  }

  failuresOf(host: string): PeerFailures {
    const now = this.#now();
    return this.#failures.read(host, (row) => stateOf(row, now)) ?? NONE;
  }

  begin(host: string, maxFailures: number): boolean {
    // Counted first: of two threads that do this at once, each sees the attempt of the other.
    const checking = this.#checking.change(host, 1);
    if (this.failuresOf(host).failures + checking <= maxFailures) return true;
    this.#checking.change(host, -1);
    return false;
  }

  end(host: string, failed: boolean): void {
    // In this order, so that the two together never seem less than they are.
    if (failed) this.#failed(host);
    this.#checking.change(host, -1);
  }

  /**
   * Takes out the attempts of a thread that has ended. Its failures stay.
   *
   * @param thread The number of that thread.
   */
  forget(thread: number): void {
    this.#failures.release(thread);
    this.#checking.forget(thread);
  }

  #failed(host: string): void {
    const now = this.#now();
    const count = (row: Int32Array) => {
      const { failures, leftMs } = stateOf(row, now);
      row[0] = failures + 1;
      if (leftMs === 0) row[1] = now + Math.ceil(limits.lockoutMs / MOMENT_MS);
      return true;
    };
    if (this.#failures.update(host, count) !== undefined) return;
    // The table is full: rows whose time is over are given free, and otherwise all of them, since a
    // peer of many addresses must not be able to stop the counting.
    this.#failures.updateAll((row) => stateOf(row, now).leftMs === 0 && row.fill(0));
    if (this.#failures.update(host, count) !== undefined) return;
    this.#failures.updateAll((row) => row.fill(0));
    this.#failures.update(host, count);
  }

  #now(): number {
    return Math.ceil(this.#clock.monotonic() / MOMENT_MS);
  }
}

const NONE: PeerFailures = { failures: 0, leftMs: 0 };

function stateOf([failures = 0, endsAt = 0]: Int32Array, now: number): PeerFailures {
  return endsAt > now ? { failures, leftMs: (endsAt - now) * MOMENT_MS } : NONE;
}
