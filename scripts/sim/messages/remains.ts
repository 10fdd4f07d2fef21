/**
 * What is in the tables of queues and jobs, and whether they count it rightly.
 *
 * @module
 */

// Deno has no SQLite of its own.
import type { DatabaseSync } from "node:sqlite";
import type { JobStatus } from "../../../lib/messages/job/operations.ts";
import type { MessagesViolation, Remains } from "./judge.ts";

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

const DEAD = "SELECT number, tries FROM queue_messages WHERE state = 4";

const LEFT = `SELECT (SELECT count(*) FROM queue_messages WHERE state < 4) +
    (SELECT count(*) FROM topic_deliveries) +
    (SELECT ifnull(sum(t.last - g.next + 1), 0) FROM topic_groups g JOIN topics t ON t.id = g.topic)
    AS left`;

const PLACE = `SELECT ifnull((SELECT min(number) FROM topic_deliveries WHERE grp = g.id), next) - 1
    AS place FROM topic_groups g`;

const JOBS = `SELECT id, outcome, (SELECT state FROM queue_messages WHERE number = id) AS state
  FROM jobs`;

/**
 * Reads what is left to be done, and what became of the rest.
 *
 * @param database The open store.
 */
export function readRemains(database: DatabaseSync): Remains {
  const dead = all<{ number: number; tries: number }>(database, DEAD);
  const jobs = all<{ id: number; outcome: JobStatus | null; state: number | null }>(database, JOBS);
  return {
    dead: new Map(dead.map(({ number, tries }) => [number, tries])),
    jobs: new Map(jobs.map(({ id, outcome, state }) => {
      return [id, outcome ?? (state === 4 ? "failed" : "waiting")];
    })),
  };
}

/**
 * How much is left to be done.
 *
 * @param database The open store.
 */
export function leftIn(database: DatabaseSync): number {
  return all<{ left: number }>(database, LEFT)[0]!.left;
}

/**
 * How far the group of a topic is; 0 before it was made.
 *
 * @param database The open store.
 */
export function groupPlace(database: DatabaseSync): number {
  return all<{ place: number }>(database, PLACE)[0]?.place ?? 0;
}

/**
 * How many messages the groups of topics gave up after their last try.
 *
 * @param database The open store.
 */
export function givenUpIn(database: DatabaseSync): number {
  const [row] = all<{ count: number }>(
    database,
    "SELECT ifnull(sum(given_up), 0) AS count FROM topic_groups",
  );
  return row!.count;
}

/**
 * Compares what the store counts with what it has.
 *
 * @param database The open store.
 */
export function checkCounts(database: DatabaseSync): MessagesViolation[] {
  const promise = "the store counts what it has";
  const queues = all<Counted>(database, COUNTS).filter(({ counted, found }) => counted !== found);
  const keys = all<{ key: string; open: number; found: number }>(database, KEYS);
  const [whole] = all<{ integrity_check: string }>(database, "PRAGMA integrity_check");
  const integrity = whole?.integrity_check;
  return [
    ...queues.map(({ name, counted, found }) => {
      return { promise, what: `${name} counts ${counted} and has ${found}` } as const;
    }),
    ...keys.map(({ key, open, found }) => {
      return { promise, what: `${key} counts ${open} and has ${found}` } as const;
    }),
    ...(integrity === "ok" ? [] : [{ promise, what: `${integrity}` } as const]),
  ];
}

function all<Row>(database: DatabaseSync, text: string): Row[] {
  return database.prepare(text).all() as Row[];
}
