/**
 * The bodies of messages of a log, as JSON.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import type { Bytes } from "./seal.ts";

/** The form of records that every dari understands. */
export const FIRST_FORM = 1;

/** Word that a snapshot is whole. */
export interface SnapshotMark {
  /** The message of which it has the state: that of the `cut`. */
  readonly cut: number;
  /** How many pieces it has. */
  readonly pieces: number;
  /** How many messages were taken into the state until then: who has another count missed some. */
  readonly taken: number;
  /** What tells its state from others, in some forms of state: who has another one reads it anew. */
  readonly check?: string | undefined;
}

/** The body of a `cut`. */
export interface CutBody {
  /** About how many bytes the snapshot has, so that others leave its maker the time. @default {0} */
  readonly bytes?: number | undefined;
}

/** The error of a log in which a newer dari has written what this one does not understand. */
export function newerWriter(): DariError {
  return new DariError(
    "configuration",
    "A newer dari writes in this cluster; upgrade this one",
  );
}

/** The error of a log that was begun with another record key. */
export function anotherKey(): DariError {
  return new DariError(
    "configuration",
    "The cluster's stream was begun with another key of records (cluster.key). To join the servers " +
      "that have that key, run dari join; where there are none any more, remove the stream",
  );
}

const encoder = new TextEncoder();
// The bytes are authenticated: what is not UTF-8 was written by another program.
const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Writes a body.
 *
 * @param body What it says.
 */
export function encodeBody(body: object): Bytes {
  return encoder.encode(JSON.stringify(body));
}

/**
 * Reads JSON of which only the outermost form is known.
 *
 * @param body Its bytes.
 * @returns The object; `undefined` where it is none.
 */
export function parseBody<T extends object>(body: Bytes): T | undefined {
  try {
    const value: unknown = JSON.parse(decoder.decode(body));
    return typeof value === "object" && value !== null ? value as T : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Reads the body of a cut.
 *
 * @param body Its bytes.
 * @returns About how many bytes the snapshot has; 0 where it does not say.
 */
export function decodeCut(body: Bytes): number {
  const { bytes = 0 } = parseBody<CutBody>(body) ?? {};
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : 0;
}

/**
 * Reads the body of a mark.
 *
 * @param body Its bytes.
 * @returns The mark; `undefined` where it has a form that this program does not know.
 */
export function decodeMark(body: Bytes): SnapshotMark | undefined {
  const mark = parseBody<SnapshotMark>(body);
  const { cut, pieces, taken } = mark ?? {};
  return [cut, pieces, taken].every((count) => Number.isSafeInteger(count)) ? mark : undefined;
}
