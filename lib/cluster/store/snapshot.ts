/**
 * Snapshots of the state, in pieces, so that a server that starts need not read every message.
 *
 * A snapshot is lines of JSON, cut where a piece is full: what the state has beside the entries, and then
 * an entry a line. Each piece says of which snapshot it is, and where it belongs.
 *
 * @module
 */

import { turnIfDue } from "../../base/turn.ts";
import type { Entry } from "../../store/store.ts";
import type { SnapshotMark } from "../fold/batch.ts";
import type { Bytes, MessageOpener } from "../fold/seal.ts";
import type { LogMessage } from "../log/log.ts";
import { SharedState, type StateFacts } from "../fold/state.ts";

/** The number of the snapshot and of the piece: 64 bits each. */
const HEAD_BYTES = 2 * BigUint64Array.BYTES_PER_ELEMENT;

/** An entry as a line has it. */
type EntryLine = readonly [key: string, value: string, version: number, expiresAtMs?: number];

const encoder = new TextEncoder();

/**
 * Writes a state in pieces.
 *
 * @param facts What it has beside the entries.
 * @param entries The entries.
 * @param maxBytes The most bytes of a piece.
 * @returns The pieces, in order.
 */
export async function* writePieces(
  facts: StateFacts,
  entries: Iterable<Entry>,
  maxBytes: number,
): AsyncGenerator<Bytes> {
  const filling = new Uint8Array(maxBytes);
  let length = HEAD_BYTES;
  let index = 0;
  const finished = () => {
    const view = new DataView(filling.buffer);
    view.setBigUint64(0, BigInt(facts.cut.sequence));
    view.setBigUint64(BigUint64Array.BYTES_PER_ELEMENT, BigInt(index++));
    const piece = filling.slice(0, length);
    length = HEAD_BYTES;
    return piece;
  };
  for (const line of linesOf(facts, entries)) {
    let bytes = encoder.encode(line);
    while (bytes.length > 0) {
      const room = bytes.subarray(0, maxBytes - length);
      filling.set(room, length);
      length += room.length;
      bytes = bytes.subarray(room.length);
      if (length === maxBytes) yield finished();
    }
    await turnIfDue();
  }
  if (length > HEAD_BYTES) yield finished();
}

/**
 * Reads a snapshot.
 *
 * @param mark The word that it is whole.
 * @param messages Its messages.
 * @param opener Opens them.
 * @returns The state; `undefined` where a piece is missing, since a newer snapshot took its place.
 */
export async function readSnapshot(
  mark: SnapshotMark,
  messages: AsyncIterable<LogMessage>,
  opener: MessageOpener,
): Promise<SharedState | undefined> {
  const lines = new Lines();
  let [next, rest] = [0, ""];
  const decoder = new TextDecoder();
  for await (const { data } of messages) {
    const piece = await opener.open(data);
    if (piece?.kind !== "piece" || piece.body.length < HEAD_BYTES) continue;
    const view = new DataView(piece.body.buffer, piece.body.byteOffset);
    if (Number(view.getBigUint64(0)) !== mark.cut) continue;
    if (Number(view.getBigUint64(BigUint64Array.BYTES_PER_ELEMENT)) !== next) continue;
    next++;
    const isLast = next === mark.pieces;
    rest += decoder.decode(piece.body.subarray(HEAD_BYTES), { stream: !isLast });
    const end = rest.lastIndexOf("\n") + 1;
    for (const line of rest.slice(0, end).split("\n")) lines.add(line);
    rest = rest.slice(end);
    if (isLast) break;
  }
  return next === mark.pieces ? lines.state() : undefined;
}

/** The lines of a snapshot that is being read. */
class Lines {
  readonly #entries: Entry[] = [];
  #facts: StateFacts | undefined;

  add(line: string): void {
    if (line === "") return;
    if (this.#facts === undefined) {
      this.#facts = JSON.parse(line);
      return;
    }
    const [key, value, version, expiresAtMs] = JSON.parse(line) as EntryLine;
    this.#entries.push({ key, value, version, ...(expiresAtMs !== undefined && { expiresAtMs }) });
  }

  state(): SharedState | undefined {
    const facts = this.#facts;
    return facts && new SharedState({ facts, entries: this.#entries });
  }
}

function* linesOf(facts: StateFacts, entries: Iterable<Entry>): Generator<string> {
  yield `${JSON.stringify(facts)}\n`;
  for (const { key, value, version, expiresAtMs } of entries) {
    const line: EntryLine = expiresAtMs === undefined
      ? [key, value, version]
      : [key, value, version, expiresAtMs];
    yield `${JSON.stringify(line)}\n`;
  }
}
