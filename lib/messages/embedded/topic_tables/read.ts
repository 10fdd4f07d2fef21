/**
 * Reading messages without changing anything.
 *
 * @module
 */

import { DariError } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import type { Sql } from "../../../store/tables/sql.ts";
import { writeCursor } from "../../topic/cursor.ts";
import type { Beginning } from "../../topic/params.ts";
import { findTopicRow, type TopicMessageRow, type TopicRow } from "./rows.ts";

/** Some messages of a topic, as the store has them now. */
export interface ReadMessages {
  /** The messages, in their order. */
  readonly rows: readonly TopicMessageRow[];
  /** The number of the last message that was looked at. */
  readonly upTo: number;
  /** The number of the oldest message that is kept. */
  readonly first: number;
  /** The number of the last message. */
  readonly last: number;
}

/** Between which messages a place of a topic can be. */
type Place = Pick<TopicRow, "id" | "name" | "first" | "last">;

const COLUMNS = "number, name, published_at, published_by, id, bytes, types, value";

/**
 * Reads messages behind one, as many as fit into a step.
 *
 * @param sql The tables.
 * @param name The topic.
 * @param after The number of the message behind which to begin.
 * @param fits Whether a name is wanted.
 * @returns What was found.
 */
export function readAfter(
  sql: Sql,
  name: string,
  after: number,
  fits: (name: string) => boolean,
): ReadMessages {
  const topic = findTopicRow(sql, name);
  if (topic === undefined) return { rows: [], upTo: after, first: 1, last: 0 };
  const { first, last } = topic;
  let upTo = after;
  // Most readers want all names, or most of them: a first look is short, and the next ones are long.
  for (let left = limits.topicScanCount, count: number = limits.topicReadCount; left > 0;) {
    const heads = sql.all<Head>(HEADS, topic.id, upTo, Math.min(count, left));
    const chosen = choose(heads, ({ name }) => fits(name));
    upTo = chosen.last?.number ?? upTo;
    if (chosen.numbers.length > 0) {
      return { rows: readChosen(sql, topic, chosen.numbers), upTo, first, last };
    }
    if (heads.length < Math.min(count, left)) break;
    left -= heads.length;
    count = limits.topicScanCount;
  }
  return { rows: [], upTo, first, last };
}

/** What has to be known of a message to choose it: it does not come into memory by that. */
type Head = Pick<TopicMessageRow, "number" | "name" | "bytes">;

const HEADS = `SELECT number, name, bytes FROM topic_messages WHERE topic = ? AND number > ?
  ORDER BY number LIMIT ?`;

/**
 * Looks at the messages behind one, for readers that want few of them: the first look is short.
 *
 * @param sql The tables.
 * @param topic The topic.
 * @param after The number of the message behind which to begin.
 * @returns Up to `topicScanCount` of them.
 */
export function* headsAfter(
  sql: Sql,
  topic: Pick<TopicRow, "id">,
  after: number,
): Generator<Pick<TopicMessageRow, "number" | "name">, void> {
  let [at, left, count] = [after, limits.topicScanCount as number, FEW];
  while (left > 0) {
    const most = Math.min(count, left);
    const heads = sql.all<Head>(HEADS, topic.id, at, most);
    yield* heads;
    if (heads.length < most) return;
    at = heads.at(-1)!.number;
    left -= most;
    count = limits.topicScanCount;
  }
}

/** How many messages the first look of {@linkcode headsAfter} has. */
const FEW = 8;

/** Chooses what fits into a step, and says which one it has looked at last. */
function choose(
  heads: readonly Head[],
  isWanted: (head: Head) => boolean,
): { readonly numbers: readonly number[]; readonly last: Head | undefined } {
  const numbers: number[] = [];
  let bytes = 0;
  let last: Head | undefined;
  for (const head of heads) {
    if (isWanted(head)) {
      bytes += head.bytes;
      if (numbers.length > 0 && bytes > limits.topicReadBytes) break;
      numbers.push(head.number);
    }
    last = head;
    if (numbers.length >= limits.topicReadCount) break;
  }
  return { numbers, last };
}

/** Reads messages by their numbers: at once where there is none between them. */
function readChosen(sql: Sql, topic: TopicRow, numbers: readonly number[]): TopicMessageRow[] {
  const [from, to] = [numbers[0]!, numbers.at(-1)!];
  if (to - from + 1 > numbers.length) return numbers.map((number) => readOne(sql, topic, number));
  return sql.all<TopicMessageRow>(
    `SELECT ${COLUMNS} FROM topic_messages WHERE topic = ? AND number BETWEEN ? AND ?
     ORDER BY number`,
    topic.id,
    from,
    to,
  );
}

/** Reads one message that is kept. */
export function readOne(sql: Sql, topic: Pick<TopicRow, "id">, number: number): TopicMessageRow {
  return sql.all<TopicMessageRow>(
    `SELECT ${COLUMNS} FROM topic_messages WHERE topic = ? AND number = ?`,
    topic.id,
    number,
  )[0]!;
}

/** The last messages of some names. */
export interface ReadLast {
  /** The messages, in the order of their names. */
  readonly rows: readonly TopicMessageRow[];
  /** The name that was looked at last; `undefined` where there are no more. */
  readonly name: string | undefined;
}

/** Which last messages are read. */
export interface LastRange {
  /** How all names begin that are wanted. */
  readonly prefix: string;
  /** The name behind which to begin; none at first. */
  readonly after: string | undefined;
  /** The number of the last message that is wanted: names with a later one are left out. */
  readonly upTo: number;
}

/** Behind every character of a name. */
const BEHIND = "\x7f";

const LAST_HEADS = `SELECT n.number, n.name, m.bytes FROM topic_names n JOIN topic_messages m
  ON m.topic = n.topic AND m.number = n.number
  WHERE n.topic = ? AND n.name > ? AND n.name < ? ORDER BY n.name LIMIT ?`;

/**
 * Reads the last message of each name, as many as fit into a step.
 *
 * @param sql The tables.
 * @param topic The name of the topic.
 * @param range Which ones.
 * @param fits Whether a name is wanted.
 * @returns What was found.
 */
export function readLast(
  sql: Sql,
  topic: string,
  { prefix, after, upTo }: LastRange,
  fits: (name: string) => boolean,
): ReadLast {
  const row = findTopicRow(sql, topic);
  if (row === undefined) return { rows: [], name: undefined };
  let name = after ?? before(prefix);
  for (let left = limits.topicScanCount, count: number = limits.topicReadCount; left > 0;) {
    const most = Math.min(count, left);
    const heads = sql.all<Head>(LAST_HEADS, row.id, name, prefix + BEHIND, most);
    const { numbers, last } = choose(heads, (head) => head.number <= upTo && fits(head.name));
    name = last?.name ?? name;
    const isEnd = heads.length < most && last === heads.at(-1);
    if (numbers.length > 0 || isEnd) {
      const rows = numbers.map((number) => readOne(sql, row, number));
      return { rows, name: isEnd ? undefined : name };
    }
    left -= heads.length;
    count = limits.topicScanCount;
  }
  return { rows: [], name };
}

/** A text before all names with a beginning, and behind all that come before them. */
function before(prefix: string): string {
  const last = prefix.charCodeAt(prefix.length - 1);
  return prefix.slice(0, -1) + String.fromCharCode(last - 1) + BEHIND;
}

/**
 * Finds the message behind which a reader begins.
 *
 * @param sql The tables.
 * @param topic The topic.
 * @param beginning Where it wants to begin.
 * @returns The number of that message.
 * @throws {DariError} `failed_precondition` for a cursor of the future, and for one behind which
 * messages were removed.
 */
export function placeOf(
  sql: Sql,
  topic: Place,
  beginning: Exclude<Beginning, { kind: "last" }>,
): number {
  switch (beginning.kind) {
    case "now":
      return topic.last;
    case "first":
      return topic.first - 1;
    case "time":
      return lastBefore(sql, topic, beginning.ms);
    case "cursor":
      break;
    default:
      return beginning satisfies never;
  }
  const { number } = beginning;
  if (number > topic.last) {
    throw new DariError(
      "failed_precondition",
      `The cursor ${writeCursor(topic.name, number)} is of the future: the last message is ` +
        `${writeCursor(topic.name, topic.last)}; the store may be an older copy`,
      { retryable: false },
    );
  }
  if (number < topic.first - 1) throw removedBehind(topic, number);
  return number;
}

/** Says that messages which a reader was to get are not kept any more. */
export function removedBehind(
  { name, first }: Pick<TopicRow, "name" | "first">,
  number: number,
): DariError {
  return new DariError(
    "failed_precondition",
    `${first - number - 1} messages behind ${writeCursor(name, number)} were removed; subscribe ` +
      'from "first", or from a time, for those that are kept',
    { retryable: false },
  );
}

/** The last message that was published before a time. Their times never go back. */
function lastBefore(sql: Sql, topic: Place, ms: number): number {
  let [low, high] = [topic.first - 1, topic.last];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (readTime(sql, topic, middle) < ms) low = middle;
    else high = middle - 1;
  }
  return low;
}

function readTime(sql: Sql, topic: Place, number: number): number {
  return sql.all<{ published_at: number }>(
    "SELECT published_at FROM topic_messages WHERE topic = ? AND number = ?",
    topic.id,
    number,
  )[0]?.published_at ?? Infinity;
}
