/**
 * What servers have in the end, beside what the whole log says that they should have.
 *
 * @module
 */

import { SharedState } from "../../../lib/cluster/fold/state.ts";
import { readPieces } from "../../../lib/cluster/follow/pieces.ts";
import { decodeMark, type SnapshotMark } from "../../../lib/cluster/log/body.ts";
import { MessageOpener } from "../../../lib/cluster/log/seal.ts";
import { stateOf } from "../../../lib/cluster/store/snapshot.ts";
import type { Entry } from "../../../lib/store/store.ts";
import { type ClusterHost, RECORD_KEY, SERVICE } from "./server.ts";
import type { KeptMessage } from "./stream/node.ts";
import type { Stream } from "./stream/stream.ts";

/**
 * Folds every message that the stream ever had, also those that were removed, without a snapshot.
 *
 * @param stream The stream.
 * @param horizonMs Entries that end before that are left out: some clocks are ahead.
 */
export async function foldAll({ kept }: Stream, horizonMs: number): Promise<Entry[]> {
  const opener = newOpener();
  const state = new SharedState();
  await takeRest(state, kept, opener);
  return lasting(state.entries.list("", horizonMs), horizonMs);
}

/**
 * Reads every snapshot that was ever said to be whole, and folds what came after it.
 *
 * @param stream The stream.
 * @param horizonMs Entries that end before that are left out.
 * @param expected What there is to be in the end.
 * @returns What is wrong with one of them, for people.
 */
export async function checkSnapshots(
  { kept }: Stream,
  horizonMs: number,
  expected: readonly Entry[],
): Promise<string | undefined> {
  const opener = newOpener();
  const right = linesOf(expected);
  for (const mark of await marksIn(kept, opener)) {
    const state = await stateOf(readPieces(mark, piecesOf(mark, kept), opener));
    if (state === undefined) return `the snapshot of ${mark.cut} is not whole`;
    await takeRest(state, kept, opener);
    const lines = linesOf(lasting(state.entries.list("", horizonMs), horizonMs));
    const [more, less] = [missingIn(right, lines), missingIn(lines, right)];
    if (more.length + less.length === 0) continue;
    return `after the snapshot of ${mark.cut}, only there: ${more.slice(0, 3).join(" ")}; ` +
      `not there: ${less.slice(0, 3).join(" ")}`;
  }
  return undefined;
}

function newOpener(): MessageOpener {
  return new MessageOpener({ key: RECORD_KEY, service: SERVICE });
}

/** Takes what comes after a state. */
async function takeRest(
  state: SharedState,
  kept: readonly KeptMessage[],
  opener: MessageOpener,
): Promise<void> {
  for (const { sequence, atMs, data, place } of kept.slice(state.sequence)) {
    if (typeof place !== "object") state.take(await opener.open(data), sequence, atMs);
  }
}

async function marksIn(
  kept: readonly KeptMessage[],
  opener: MessageOpener,
): Promise<SnapshotMark[]> {
  const marks = new Map<number, SnapshotMark>();
  for (const { place, data } of kept) {
    const opened = place === "mark" ? await opener.open(data) : undefined;
    const mark = opened?.kind === "mark" ? decodeMark(opened.body) : undefined;
    if (mark !== undefined) marks.set(mark.cut, mark);
  }
  return [...marks.values()];
}

async function* piecesOf(
  { cut }: SnapshotMark,
  kept: readonly KeptMessage[],
): AsyncGenerator<KeptMessage> {
  for (const message of kept) {
    const { place } = message;
    if (typeof place === "object" && place.snapshot === cut) yield message;
  }
}

/**
 * Compares what servers have.
 *
 * @param hosts The servers, which run.
 * @param horizonMs Entries that end before that are left out.
 * @param expected What they should have; by default what the first one has.
 * @returns The first difference, for people.
 */
export async function compareAll(
  hosts: readonly ClusterHost[],
  horizonMs: number,
  expected?: readonly Entry[],
): Promise<string | undefined> {
  let right = expected && linesOf(expected);
  for (const { name, running } of hosts) {
    if (running === undefined) return `${name} does not run`;
    const entries = await running.store.list("").catch(() => undefined);
    if (entries === undefined) return `${name} says nothing`; // it may be reading all anew
    const lines = linesOf(lasting(entries, horizonMs));
    right ??= lines;
    if (lines.length === right.length && lines.every((line, place) => line === right![place])) {
      continue;
    }
    const [more, less] = [missingIn(right, lines), missingIn(lines, right)];
    return `${name} has ${lines.length} entries in place of ${right.length}; ` +
      `only there: ${more.slice(0, 3).join(" ")}; not there: ${less.slice(0, 3).join(" ")}`;
  }
  return undefined;
}

function lasting(entries: readonly Entry[], horizonMs: number): Entry[] {
  return entries.filter(({ expiresAtMs = Infinity }) => expiresAtMs > horizonMs);
}

function linesOf(entries: readonly Entry[]): string[] {
  return entries.map((entry) => JSON.stringify(entry));
}

function missingIn(lines: readonly string[], all: readonly string[]): string[] {
  const known = new Set(lines);
  return all.filter((line) => !known.has(line)).map((line) => line.slice(0, 120));
}
