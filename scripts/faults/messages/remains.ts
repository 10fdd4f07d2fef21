/**
 * What is in the store of a run once nothing is left to be done, and whether it counts it rightly.
 *
 * @module
 */

// Deno has no SQLite of its own.
import { DatabaseSync } from "node:sqlite";
import type { JobStatus } from "../../../lib/messages/job/operations.ts";
import type { Remains, Violation } from "./judge.ts";

/** A queue whose counts are beside what there is. */
interface Counted {
  readonly name: string;
  readonly counted: string;
  readonly found: string;
}

const COUNTS = `SELECT name,
    json_array(ready, delayed, leased, held, dead, bytes, dead_bytes) AS counted,
    (SELECT json_array(
       count(*) FILTER (WHERE state = 0), count(*) FILTER (WHERE state = 1),
       count(*) FILTER (WHERE state = 2), count(*) FILTER (WHERE state = 3),
       count(*) FILTER (WHERE state = 4), ifnull(sum(bytes) FILTER (WHERE state < 4), 0),
       ifnull(sum(bytes) FILTER (WHERE state = 4), 0)
     ) FROM queue_messages WHERE queue = queues.id) AS found
  FROM queues`;

const KEYS = `SELECT key, open, (SELECT count(*) FROM queue_messages m
    WHERE m.queue = k.queue AND m.key = k.key AND m.in_key = 1) AS found
  FROM queue_keys k WHERE open <> found`;

const JOBS = `SELECT id, outcome, (SELECT state FROM queue_messages WHERE number = id) AS state
  FROM jobs`;

/**
 * Reads the store of a server that does not run.
 *
 * @param path The store's file.
 */
export function readRemains(path: string): Remains {
  using database = new Opened(path);
  const dead = database.all<{ number: number; tries: number }>(
    "SELECT number, tries FROM queue_messages WHERE state = 4",
  );
  const jobs = database.all<{ id: number; outcome: JobStatus | null; state: number | null }>(JOBS);
  return {
    dead: new Map(dead.map(({ number, tries }) => [number, tries])),
    jobs: new Map(jobs.map(({ id, outcome, state }) => {
      return [id, outcome ?? (state === 4 ? "failed" : "waiting")];
    })),
  };
}

/**
 * Compares what the store counts with what it has.
 *
 * @param path The store's file.
 */
export function checkCounts(path: string): Violation[] {
  using database = new Opened(path);
  const promise = "the store counts what it has";
  const queues = database.all<Counted>(COUNTS).filter(({ counted, found }) => counted !== found);
  const keys = database.all<{ key: string; open: number; found: number }>(KEYS);
  const [{ integrity_check: integrity }] = database.all("PRAGMA integrity_check") as [
    { integrity_check: string },
  ];
  return [
    ...queues.map(({ name, counted, found }) => {
      return { promise, what: `${name} counts ${counted} and has ${found}` } as const;
    }),
    ...keys.map(({ key, open, found }) => {
      return { promise, what: `${key} counts ${open} and has ${found}` } as const;
    }),
    ...(integrity === "ok" ? [] : [{ promise, what: integrity } as const]),
  ];
}

/** A file that is open for a while. */
class Opened implements Disposable {
  readonly #database: DatabaseSync;

  constructor(path: string) {
    this.#database = new DatabaseSync(path);
  }

  all<Row>(text: string): Row[] {
    return this.#database.prepare(text).all() as Row[];
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}
