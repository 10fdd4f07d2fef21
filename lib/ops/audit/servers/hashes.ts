/**
 * The hashes of the records of an audit, 32 bytes for each.
 *
 * @module
 */

import { limits } from "../../../base/limits.ts";
import type { Hash } from "../tree.ts";

const INITIAL_RECORDS = 64;

/** Records in a row, of which none is missing. */
interface Run {
  readonly first: number;
  next: number;
  bytes: Uint8Array<ArrayBuffer>;
}

/** Hashes by the numbers of records, which grow. */
export class Hashes {
  /** The number of the first record. */
  readonly first: number;
  readonly #runs: Run[] = [];

  /**
   * @param first The number of the first record.
   */
  constructor(first: number) {
    this.first = first;
  }

  /** The number behind that of the last record. */
  get next(): number {
    return this.#runs.at(-1)?.next ?? this.first;
  }

  /**
   * The hash of a record.
   *
   * @param place The record's number.
   * @returns `undefined` for a record that is not there.
   */
  at(place: number): Hash | undefined {
    const run = this.#runs.findLast(({ first }) => first <= place);
    if (run === undefined || place >= run.next) return undefined;
    const begin = (place - run.first) * limits.auditHashBytes;
    return run.bytes.subarray(begin, begin + limits.auditHashBytes);
  }

  /**
   * Adds the hash of a record.
   *
   * @param place The record's number, which is not less than `next`.
   * @param hash Its hash.
   */
  put(place: number, hash: Hash): void {
    const run = this.#runOf(place);
    const begin = (place - run.first) * limits.auditHashBytes;
    if (begin === run.bytes.length) {
      const grown = new Uint8Array(2 * run.bytes.length);
      grown.set(run.bytes);
      run.bytes = grown;
    }
    run.bytes.set(hash, begin);
    run.next = place + 1;
  }

  #runOf(place: number): Run {
    const last = this.#runs.at(-1);
    if (last?.next === place) return last;
    const bytes = new Uint8Array(INITIAL_RECORDS * limits.auditHashBytes);
    const run = { first: place, next: place, bytes };
    this.#runs.push(run);
    return run;
  }
}
