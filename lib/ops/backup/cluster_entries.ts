/**
 * The entries of the store of a cluster in a backup: one a line, as JSON.
 *
 * @module
 */

import { exists } from "../../base/file/file_state.ts";
import { limits } from "../../base/limits.ts";
import type { Entry, Operation, Store } from "../../store/store.ts";
import { CLUSTER_ENTRIES } from "./manifest.ts";

/** An entry as a line has it. */
type EntryLine = readonly [key: string, value: string, expiresAtMs?: number];

/** What a server of a cluster has of its own in its directory: how much of the stream it had read. */
const OF_MEMBERSHIP = "cluster/";

/**
 * Writes entries to a new file.
 *
 * @param path The file, mode 0600.
 * @param entries The entries.
 */
export async function writeEntries(path: string, entries: readonly Entry[]): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
  const encoder = new TextEncoder();
  for (let at = 0; at < entries.length; at += limits.restoreBatchChanges) {
    const lines = entries.slice(at, at + limits.restoreBatchChanges).map(lineOf);
    for (let left = encoder.encode(lines.join("")); left.length > 0;) {
      left = left.subarray(await file.write(left));
    }
  }
}

/**
 * Puts the entries of a backup into the store of the directory that it becomes, which belongs to no
 * cluster; their file is removed.
 *
 * @param directory The directory with the files of the backup.
 * @param store Its store.
 * @returns How many there were; 0 for a backup of a server that was alone.
 */
export async function takeEntries(directory: string, store: Store): Promise<number> {
  const path = `${directory}/${CLUSTER_ENTRIES}`;
  if (!await exists(path)) return 0;
  for (const { key } of await store.list(OF_MEMBERSHIP)) await store.delete(key);
  let count = 0;
  let batch: Operation[] = [];
  for await (const line of linesIn(path)) {
    batch.push(operationOf(line));
    count++;
    if (batch.length < limits.restoreBatchChanges) continue;
    await store.batch(batch);
    batch = [];
  }
  if (batch.length > 0) await store.batch(batch);
  await Deno.remove(path);
  return count;
}

function lineOf({ key, value, expiresAtMs }: Entry): string {
  const line: EntryLine = expiresAtMs === undefined ? [key, value] : [key, value, expiresAtMs];
  return `${JSON.stringify(line)}\n`;
}

function operationOf(line: string): Operation {
  const [key, value, expiresAtMs] = JSON.parse(line) as EntryLine;
  return { kind: "put", key, value, ...(expiresAtMs !== undefined && { expiresAtMs }) };
}

async function* linesIn(path: string): AsyncGenerator<string> {
  using file = await Deno.open(path);
  let left = "";
  for await (const piece of file.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (left + piece).split("\n");
    left = lines.pop()!;
    yield* lines;
  }
}
