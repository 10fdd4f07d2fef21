/**
 * What a write of the store is in the log.
 *
 * @module
 */

import { checkOperations, type Operation } from "../../store/store.ts";
import { parseBody } from "../log/body.ts";
import type { Bytes } from "../log/seal.ts";

/** The steps of one write, which hold together or not at all. */
export interface LoggedBatch {
  /** When it was written by its writer's clock, by which it judges what has expired. */
  readonly atMs: number;
  /** Who makes the change, for the audit. */
  readonly by: string;
  /** The steps, with the versions that they expect. */
  readonly operations: readonly Operation[];
}

/**
 * Reads the body of a batch.
 *
 * @param body Its bytes.
 * @returns The batch; `undefined` where it has a form that this program does not know.
 */
export function decodeBatch(body: Bytes): LoggedBatch | undefined {
  const batch = parseBody<LoggedBatch>(body);
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

function isOperation(operation: Operation): boolean {
  const { kind, key, ifVersion } = operation;
  const isKnown = kind === "delete" || (
    kind === "put" && typeof operation.value === "string" &&
    (operation.expiresAtMs === undefined || Number.isFinite(operation.expiresAtMs))
  );
  return isKnown && typeof key === "string" &&
    (ifVersion === undefined || Number.isSafeInteger(ifVersion));
}
