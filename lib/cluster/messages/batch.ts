/**
 * Batches of operations as the log has them.
 *
 * @module
 */

import { decodeBase64, encodeBase64 } from "@std/encoding/base64";
import { limits } from "../../base/limits.ts";
import type { MessageOperation, OperationBatch } from "../../messages/operation/operation.ts";
import { parseBody } from "../log/body.ts";
import type { Bytes } from "../log/seal.ts";

/** What a batch says beside its operations. */
export type BatchHead = Omit<OperationBatch, "operations">;

/** A batch as JSON has it: bytes are base64. */
type WrittenBatch = Omit<OperationBatch, "seed"> & { readonly seed: string };

const encoder = new TextEncoder();

/**
 * Writes an operation.
 *
 * @param operation The operation.
 * @returns Its JSON.
 */
export function writeOperation({ name, by, args }: MessageOperation): string {
  return JSON.stringify({ name, by, args });
}

/**
 * Writes a batch.
 *
 * @param head What it says beside its operations.
 * @param operations The operations, each written by {@linkcode writeOperation}.
 */
export function encodeBatch({ rules, now, today, seed }: BatchHead, operations: string[]): Bytes {
  const head = JSON.stringify({ rules, now, today, seed: encodeBase64(seed) });
  return encoder.encode(`${head.slice(0, -1)},"operations":[${operations.join(",")}]}`);
}

/**
 * Reads a batch. What its operations mean is checked when they are applied.
 *
 * @param body Its bytes.
 * @returns The batch; `undefined` where it has a form that this program does not know.
 */
export function decodeBatch(body: Bytes): OperationBatch | undefined {
  const batch = parseBody<WrittenBatch>(body);
  if (batch === undefined) return undefined;
  const { rules, now, today, seed, operations } = batch;
  const areNumbers = [rules, now, today].every((number) => Number.isSafeInteger(number));
  if (!areNumbers || typeof seed !== "string" || !Array.isArray(operations)) return undefined;
  if (!operations.every(isOperation)) return undefined;
  try {
    const bytes = decodeBase64(seed);
    if (bytes.length !== limits.batchSeedBytes) return undefined;
    return { rules, now, today, seed: bytes, operations };
  } catch {
    return undefined;
  }
}

function isOperation(operation: Partial<MessageOperation> | null): boolean {
  const { name, by, args } = operation ?? {};
  return typeof name === "string" && typeof by === "string" && typeof args === "object" &&
    args !== null && !Array.isArray(args);
}
