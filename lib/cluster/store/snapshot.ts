/**
 * The lines of a snapshot of the store: what the state has beside the entries, and then an entry a line.
 *
 * @module
 */

import type { Entry } from "../../store/store.ts";
import { SharedState, type StateFacts } from "../fold/state.ts";
import { Room } from "./room.ts";

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
 * Reads a state. Each entry is put where it belongs as it comes: of millions, all of them at the end
 * would hold the event loop for seconds.
 *
 * @param lines Its lines; they end with whether they are all.
 * @param understands Up to which form of batches this program understands.
 * @param room How much may be read.
 * @returns The state; `undefined` where some are missing.
 * @throws {DariError} `configuration` where it does not fit, or a newer dari wrote it.
 */
export async function stateOf(
  lines: AsyncGenerator<string, boolean>,
  understands?: number,
  room: Room = new Room(),
): Promise<SharedState | undefined> {
  let state: SharedState | undefined;
  while (true) {
    const { done, value } = await lines.next();
    if (done) return value ? state : undefined;
    if (state === undefined) state = new SharedState(JSON.parse(value), understands);
    else {
      state.entries.put(entryOf(JSON.parse(value)));
      room.checkRead(state.entries);
    }
  }
}

function entryOf([key, value, version, expiresAtMs]: EntryLine): Entry {
  return { key, value, version, ...(expiresAtMs !== undefined && { expiresAtMs }) };
}
