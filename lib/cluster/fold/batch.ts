/**
 * What a write of the store is in the log.
 *
 * @module
 */

import { checkOperations, type Operation } from "../../store/store.ts";
import { FIRST_FORM, parseBody } from "../log/body.ts";
import type { Bytes } from "../log/seal.ts";

/**
 * The newest form of batches that this program understands. A new kind of step, or a new meaning of what a
 * step writes, is a new form: batches that need it say so, they are written once all servers understand it,
 * and servers that do not stop at the first one.
 */
export const STORE_FORM = FIRST_FORM;

/** The steps of one write, which hold together or not at all. */
export interface LoggedBatch {
  /** The form that it needs. @default {1} */
  readonly form?: number | undefined;
  /** When it was written by its writer's clock, by which it judges what has expired. */
  readonly atMs: number;
  /** The actor of the change, for the audit. */
  readonly by: string;
  /** The steps, with the versions that they expect. */
  readonly operations: readonly Operation[];
}

/**
 * Reads the body of a batch.
 *
 * @param body Its bytes.
 * @param understands Up to which form it is understood.
 * @returns The batch; `undefined` where it has a form that this program does not know.
 */
export function decodeBatch(
  body: Bytes,
  understands: number = STORE_FORM,
): LoggedBatch | undefined {
  const batch = parseBody<LoggedBatch>(body);
  if (batch === undefined || !Number.isFinite(batch.atMs) || typeof batch.by !== "string") {
    return undefined;
  }
  const { form = FIRST_FORM } = batch;
  if (!(form <= understands)) return undefined;
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
