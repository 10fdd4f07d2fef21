/**
 * Acknowledgements that follow each other in one write. Their messages are removed by one statement,
 * which takes less than half of the time of one statement for each.
 *
 * @module
 */

import type { Sql } from "../../../store/tables/sql.ts";
import { type MessageRow, MOVED } from "./rows.ts";

/** What of a transaction this needs. */
export interface Removing {
  readonly sql: Sql;
  /** The time of leases, in milliseconds since the epoch. */
  readonly now: number;
}

/** Acknowledgements of one caller and one queue, with nothing between them. */
export interface AckRun {
  readonly queue: string;
  readonly holder: string;
  /** In their order; all of them have the form of leases. */
  readonly leases: readonly string[];
}

/** A lease begins with the number of its message. A number finds its row without an index. */
const REMOVE = `DELETE FROM queue_messages NOT INDEXED
  WHERE number IN (SELECT CAST(value AS INTEGER) FROM json_each(?)) AND queue = ? AND state = 2
    AND lease IN (SELECT value FROM json_each(?)) AND holder = ? AND due_at > ?
  RETURNING ${MOVED}, lease`;

/**
 * The runs of one transaction.
 *
 * Invariant: from the first acknowledgement of a run to its last, the transaction does nothing else. So
 * it makes no difference that the messages are removed with the first.
 */
export class AckRuns {
  /** In their order; the first is under way or comes next. */
  readonly #runs: AckRun[] = [];
  /** How many acknowledgements of the first run are done. */
  #done = 0;
  /** Messages of the first run that were removed and not acknowledged yet, by lease. */
  #removed = new Map<string, MessageRow>();

  /** Hears of a run that comes behind all others. */
  expect(run: AckRun): void {
    this.#runs.push(run);
  }

  /**
   * Finds the message of the next acknowledgement that was foreseen. The first one of a run removes the
   * messages of all.
   *
   * @param transaction The transaction.
   * @param id The queue; `undefined` where there is none.
   * @param answering The lease, and whose it is.
   * @returns The message as it was; `undefined` where it was not removed with others.
   */
  find(
    transaction: Removing,
    id: number | undefined,
    { queue, lease, holder }: { queue: string; lease: string; holder: string },
  ): MessageRow | undefined {
    const [run] = this.#runs;
    const isNext = run?.leases[this.#done] === lease && run.queue === queue &&
      run.holder === holder;
    if (!isNext) return undefined;
    if (this.#done === 0 && run.leases.length > 1 && id !== undefined) {
      this.#removed = remove(transaction, id, run);
    }
    const message = this.#removed.get(lease);
    this.#removed.delete(lease);
    if (++this.#done === run.leases.length) this.#endRun();
    return message;
  }

  /**
   * Makes sure that all that was removed was acknowledged.
   *
   * @throws {Error} Where it was not, so that nothing of the transaction stays.
   */
  end(): void {
    const { size } = this.#removed;
    if (size > 0) throw new Error(`${size} messages were removed and not acknowledged`);
  }

  #endRun(): void {
    this.end();
    this.#runs.shift();
    this.#done = 0;
  }
}

function remove(
  { sql, now }: Removing,
  id: number,
  { leases, holder }: AckRun,
): Map<string, MessageRow> {
  const list = JSON.stringify(leases);
  const rows = sql.all<MessageRow & { lease: string }>(REMOVE, list, id, list, holder, now);
  return new Map(rows.map((row) => [row.lease, row]));
}
