/**
 * Snapshots in pieces, so that a server that starts need not read every message.
 *
 * A snapshot is lines of text, cut where a piece is full. Each piece says of which snapshot it is, and
 * where it belongs.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { turnIfDue } from "../../base/turn.ts";
import { decodeMark, type SnapshotMark } from "../log/body.ts";
import type { LogMessage, SharedLog } from "../log/log.ts";
import type { Bytes, MessageOpener } from "../log/seal.ts";

/** The number of the snapshot and of the piece: 64 bits each. */
const HEAD_BYTES = 2 * BigUint64Array.BYTES_PER_ELEMENT;

const encoder = new TextEncoder();

/**
 * Writes lines in pieces.
 *
 * @param snapshot The number of the snapshot: that of its `cut`.
 * @param lines The lines, without their line feeds.
 * @param maxBytes The most bytes of a piece.
 * @returns The pieces, in order.
 */
export async function* writePieces(
  snapshot: number,
  lines: Iterable<string> | AsyncIterable<string>,
  maxBytes: number,
): AsyncGenerator<Bytes> {
  const filling = new Uint8Array(maxBytes);
  let length = HEAD_BYTES;
  let index = 0;
  const finished = () => {
    const view = new DataView(filling.buffer);
    view.setBigUint64(0, BigInt(snapshot));
    view.setBigUint64(BigUint64Array.BYTES_PER_ELEMENT, BigInt(index++));
    const piece = filling.slice(0, length);
    length = HEAD_BYTES;
    return piece;
  };
  for await (const line of lines) {
    let bytes = encoder.encode(`${line}\n`);
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
 * Reads the lines of a snapshot.
 *
 * @param mark The word that it is whole.
 * @param messages Its messages.
 * @param opener Opens them.
 * @returns The lines, without their line feeds. It returns whether all pieces were there; where one is
 * missing a newer snapshot took its place.
 */
export async function* readPieces(
  mark: SnapshotMark,
  messages: AsyncIterable<LogMessage>,
  opener: MessageOpener,
): AsyncGenerator<string, boolean> {
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
    const end = rest.lastIndexOf("\n");
    for (const line of end < 0 ? [] : rest.slice(0, end).split("\n")) {
      yield line;
      const due = turnIfDue(); // pieces may wait already, and each takes a while
      if (due !== undefined) await due;
    }
    rest = rest.slice(end + 1);
    if (isLast) break;
  }
  return next === mark.pieces;
}

/**
 * Reads the newest snapshot that is whole.
 *
 * @param parts The log, and what opens its messages.
 * @param read Makes a state of the lines of a snapshot; `undefined` where they end too early.
 * @returns The state; `undefined` where there is no snapshot.
 * @throws {DariError} `unavailable` when the log cannot be read.
 */
export async function readNewest<S>(
  { log, opener }: { readonly log: SharedLog; readonly opener: MessageOpener },
  read: (lines: AsyncGenerator<string, boolean>) => Promise<S | undefined>,
): Promise<S | undefined> {
  for (let attempt = 0; attempt < limits.maxStoreSnapshotTries; attempt++) {
    const mark = await newestMark(log, opener);
    if (mark === undefined) return undefined;
    const state = await read(readPieces(mark, log.read({ snapshot: mark.cut }), opener));
    if (state !== undefined) return state;
    // A newer one took its place meanwhile.
  }
  throw new DariError("unavailable", "No snapshot of the cluster is whole; try again");
}

async function newestMark(
  log: SharedLog,
  opener: MessageOpener,
): Promise<SnapshotMark | undefined> {
  let newest: SnapshotMark | undefined;
  for await (const { data } of log.read("mark")) {
    const opened = await opener.open(data);
    const mark = opened?.kind === "mark" ? decodeMark(opened.body) : undefined;
    if (mark !== undefined && mark.cut > (newest?.cut ?? 0)) newest = mark;
  }
  return newest;
}
