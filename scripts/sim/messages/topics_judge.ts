/**
 * What holds of topics whatever was killed, judged by what the programs wrote down.
 *
 * @module
 */

import type { MessagesViolation } from "./judge.ts";
import type { Line } from "./lines.ts";

/** A line of a kind. */
type Of<Kind extends Line["kind"]> = Extract<Line, { kind: Kind }>;

/**
 * Judges.
 *
 * @param lines What the programs wrote down, each program's lines in their order.
 * @param givenUp How many messages the group gave up after their last try. Connections may have broken
 * before a member saw them.
 * @returns The promises that were broken.
 */
export function judgeTopics(lines: readonly Line[], givenUp = 0): MessagesViolation[] {
  const of = <Kind extends Line["kind"]>(kind: Kind) =>
    lines.filter((line): line is Of<Kind> => line.kind === kind);
  return [
    ...checkPublishes(of("published"), of("given"), givenUp),
    ...checkPlaces([...of("published"), ...of("heard")]),
    ...checkDone(of("givenDone")),
    ...checkReaders([...of("readsFrom"), ...of("heard")]),
    ...checkPlace(of("groupAt")),
  ];
}

/** Each message that was acknowledged was given to the group, and the messages of a lane keep their order. */
function* checkPublishes(
  published: readonly Of<"published">[],
  given: readonly Of<"given">[],
  givenUp: number,
): Generator<MessagesViolation> {
  let unseen = 0;
  const reached = new Set(given.map(({ n }) => n));
  const last = new Map<string, number>();
  for (const { n, cursor, lane } of published) {
    if (!reached.has(n) && ++unseen > givenUp) {
      const what = `${n} (${cursor}) was given to nobody`;
      yield { promise: "no acknowledged message is lost", what };
    }
    const before = last.get(lane) ?? 0;
    if (cursor <= before) {
      yield { promise: "cursors never go back", what: `${n} is at ${cursor} after ${before}` };
    }
    last.set(lane, cursor);
  }
}

/** Each message has one place, and each place one message, whoever says so. */
function* checkPlaces(
  seen: readonly Of<"published" | "heard">[],
): Generator<MessagesViolation> {
  const names = new Map<number, string>();
  const places = new Map<string, number>();
  for (const { n, cursor } of seen) {
    const [other, place] = [names.get(cursor) ?? n, places.get(n) ?? cursor];
    if (other !== n) {
      yield { promise: "a message is put once", what: `${n} and ${other} are at ${cursor}` };
    } else if (place !== cursor) {
      yield { promise: "a message is put once", what: `${n} is at ${place} and at ${cursor}` };
    }
    names.set(cursor, n);
    places.set(n, cursor);
  }
}

/**
 * A message is done once. A member that was frozen finds what it was given long ago, when it is done by
 * another one; then its acknowledgement is refused.
 */
function* checkDone(done: readonly Of<"givenDone">[]): Generator<MessagesViolation> {
  for (const [n, own] of Map.groupBy(done, ({ n }) => n)) {
    if (own.length === 1) continue;
    const what = `${n} was done at ${own.map(({ at }) => at).join(" and ")}`;
    yield { promise: "no message runs beyond what a lease explains", what };
  }
}

/** A reader gets each message once, in their order, whatever becomes of its connections. */
function* checkReaders(
  heard: readonly Of<"readsFrom" | "heard">[],
): Generator<MessagesViolation> {
  for (const [reader, own] of Map.groupBy(heard, ({ reader }) => reader)) {
    for (const [place, { cursor }] of own.entries()) {
      const next = own[place + 1]?.cursor ?? cursor + 1;
      if (next === cursor + 1) continue;
      const promise = next <= cursor ? "cursors never go back" : "no acknowledged message is lost";
      yield { promise, what: `${reader} heard ${next} after ${cursor}` };
    }
  }
}

function* checkPlace(seen: readonly Of<"groupAt">[]): Generator<MessagesViolation> {
  for (const [place, { cursor }] of seen.entries()) {
    const next = seen[place + 1]?.cursor ?? cursor;
    if (next >= cursor) continue;
    const what = `the group was at ${cursor} and then at ${next}`;
    yield { promise: "cursors never go back", what };
  }
}
