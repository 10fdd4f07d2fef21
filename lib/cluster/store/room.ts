/**
 * How much memory the entries of a cluster's store may take: each server has all of them in memory, and
 * V8 ends a program that takes more than it allows.
 *
 * @module
 */

import { getHeapStatistics } from "node:v8"; // Deno does not say how much V8 allows
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Operation } from "../../store/store.ts";
import type { Entries } from "../fold/entries.ts";

/** How the bound is raised. */
const ADVICE = "give all servers of the cluster more by DENO_V8_FLAGS=--max-old-space-size=MIB";
const MB = 1e6;

/** The room for entries in this program. */
export class Room {
  readonly #heapBytes: number;

  /**
   * @param heapBytes How much memory V8 allows.
   */
  constructor(heapBytes: number = getHeapStatistics().heap_size_limit) {
    this.#heapBytes = heapBytes;
  }

  /**
   * Refuses to add keys where there is little room left. What is there may be changed and removed: it is
   * how credentials are revoked, and how room is made.
   *
   * @param entries The entries.
   * @param operations What is to be done with them.
   * @throws {DariError} `resource_exhausted`.
   */
  checkWrite(entries: Entries, operations: readonly Operation[]): void {
    if (entries.bytes <= this.#heapBytes * limits.maxStoreHeapShare) return;
    if (!operations.some(({ kind, key }) => kind === "put" && !entries.has(key))) return;
    throw new DariError(
      "resource_exhausted",
      `The cluster's store takes ${this.#figures(entries)}: nothing is added any more. ` +
        `End sessions or remove accounts, or ${ADVICE}`,
      { retryable: false },
    );
  }

  /**
   * Refuses to read more than fits, before V8 ends the program.
   *
   * @param entries The entries that were read so far.
   * @throws {DariError} `configuration`.
   */
  checkRead(entries: Entries): void {
    if (entries.bytes <= this.#heapBytes * limits.maxStoreReadHeapShare) return;
    throw new DariError(
      "configuration",
      `The cluster's store does not fit into this program: what was read of it takes ` +
        `${this.#figures(entries)}; ${ADVICE}`,
    );
  }

  #figures({ bytes }: Entries): string {
    const megabytes = (count: number) => Math.round(count / MB);
    return `${megabytes(bytes)} of the ${megabytes(this.#heapBytes)} MB that V8 allows`;
  }
}
