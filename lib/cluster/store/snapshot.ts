/**
 * The lines of a snapshot of the store: what the state has beside the entries, and then an entry a line.
 *
 * @module
 */

import type { Entry } from "../../store/store.ts";
import { SharedState, type StateFacts } from "../fold/state.ts";

/** An entry as a line has it. */
type EntryLine = readonly [key: string, value: string, version: number, expiresAtMs?: number];

/**
 * Writes a state.
 *
 * @param facts What it has beside the entries.
 * @param entries The entries.
 */
export function* linesOf(facts: StateFacts, entries: Iterable<Entry>): Generator<string> {
  yield JSON.stringify(facts);
  for (const { key, value, version, expiresAtMs } of entries) {
    const line: EntryLine = expiresAtMs === undefined
      ? [key, value, version]
      : [key, value, version, expiresAtMs];
    yield JSON.stringify(line);
  }
}

/**
 * Reads a state.
 *
 * @param lines Its lines; they end with whether they are all.
 * @param understands Up to which form of batches this program understands.
 * @returns The state; `undefined` where some are missing.
 */
export async function stateOf(
  lines: AsyncGenerator<string, boolean>,
  understands?: number,
): Promise<SharedState | undefined> {
  const entries: Entry[] = [];
  let facts: StateFacts | undefined;
  while (true) {
    const { done, value } = await lines.next();
    if (done) {
      if (!value || facts === undefined) return undefined;
      return new SharedState({ facts, entries }, understands);
    }
    if (facts === undefined) facts = JSON.parse(value);
    else entries.push(entryOf(JSON.parse(value)));
  }
}

function entryOf([key, value, version, expiresAtMs]: EntryLine): Entry {
  return { key, value, version, ...(expiresAtMs !== undefined && { expiresAtMs }) };
}
