/**
 * The bodies of messages of the shared log, as JSON.
 *
 * @module
 */

import { checkOperations, type Operation } from "../../store/store.ts";
import type { Bytes } from "./seal.ts";

/** The steps of one write, which hold together or not at all. */
export interface LoggedBatch {
  /** When it was written by its writer's clock, by which it judges what has expired. */
  readonly atMs: number;
  /** Who makes the change, for the audit. */
  readonly by: string;
  /** The steps, with the versions that they expect. */
  readonly operations: readonly Operation[];
}

/** Word that a snapshot is whole. */
export interface SnapshotMark {
  /** The message of which it has the state: that of the `cut`. */
  readonly cut: number;
  /** How many pieces it has. */
  readonly pieces: number;
  /** How many messages were taken into the state until then: who has another count missed some. */
  readonly taken: number;
}

const encoder = new TextEncoder();
// The bytes are authenticated: what is not UTF-8 was written by another program.
const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Writes a body.
 *
 * @param body What it says.
 */
export function encodeBody(body: LoggedBatch | SnapshotMark): Bytes {
  return encoder.encode(JSON.stringify(body));
}

/**
 * Reads the body of a batch.
 *
 * @param body Its bytes.
 * @returns The batch; `undefined` where it has a form that this program does not know.
 */
export function decodeBatch(body: Bytes): LoggedBatch | undefined {
  const batch = parse<LoggedBatch>(body);
  if (batch === undefined || !Number.isFinite(batch.atMs) || typeof batch.by !== "string") {
    return undefined;
  }
  try {
    if (!batch.operations.every(isOperation)) return undefined;
    checkOperations(batch.operations);
    return batch;
  } catch {
    return undefined;
  }
}

/**
 * Reads the body of a mark.
 *
 * @param body Its bytes.
 * @returns The mark; `undefined` where it has a form that this program does not know.
 */
export function decodeMark(body: Bytes): SnapshotMark | undefined {
  const mark = parse<SnapshotMark>(body);
  const { cut, pieces, taken } = mark ?? {};
  return [cut, pieces, taken].every((count) => Number.isSafeInteger(count)) ? mark : undefined;
}

/**
 * Reads JSON of which only the outermost form is known.
 *
 * @param body Its bytes.
 * @returns The object; `undefined` where it is none.
 */
export function parse<T extends object>(body: Bytes): T | undefined {
  try {
    const value: unknown = JSON.parse(decoder.decode(body));
    return typeof value === "object" && value !== null ? value as T : undefined;
  } catch {
    return undefined;
  }
}

function isOperation(operation: Operation): boolean {
  const { kind, key, ifVersion } = operation;
  const isKnown = kind === "delete" || (
    kind === "put" && typeof operation.value === "string" &&
    (operation.expiresAtMs === undefined || Number.isFinite(operation.expiresAtMs))
  );
  return isKnown && typeof key === "string" &&
    (ifVersion === undefined || Number.isSafeInteger(ifVersion));
}
