/**
 * What servers have in the end, beside what the whole log says that they should have.
 *
 * @module
 */

import { MessageOpener } from "../../../lib/cluster/log/seal.ts";
import { SharedState } from "../../../lib/cluster/fold/state.ts";
import type { Entry } from "../../../lib/store/store.ts";
import { type ClusterHost, RECORD_KEY, SERVICE } from "./server.ts";
import type { Stream } from "./stream/stream.ts";

/**
 * Folds every message that the stream ever had, also those that were removed, without a snapshot.
 *
 * @param stream The stream.
 * @param horizonMs Entries that end before that are left out: some clocks are ahead.
 */
export async function foldAll({ kept }: Stream, horizonMs: number): Promise<Entry[]> {
  const opener = new MessageOpener({ key: RECORD_KEY, service: SERVICE });
  const state = new SharedState();
  for (const { sequence, atMs, data, place } of kept) {
    if (typeof place === "object") continue;
    state.take(await opener.open(data), sequence, atMs);
  }
  return lasting(state.entries.list("", horizonMs), horizonMs);
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
    const lines = linesOf(lasting(await running.store.list(""), horizonMs));
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
