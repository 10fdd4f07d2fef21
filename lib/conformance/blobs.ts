/**
 * Raw bytes that a peer sends in front of a message. Patterns see them as base64, the form that they
 * have without the feature `bytes`: a peer may choose.
 *
 * @module
 */

import { Misfit } from "./misfit.ts";

/** How a line begins raw bytes: their number. */
export const BLOB_HEADER = /^#(0|[1-9]\d{0,14})$/;

/** The types whose plain form may be the number of raw bytes. */
const MEMORY =
  /^(?:bytes|arraybuffer|dataview|uint8clampedarray|(?:big)?u?int\d+array|float\d+array)$/;

/**
 * Puts raw bytes where a message names them.
 *
 * @param message The message; changed in place.
 * @param blobs The bytes that came in front of it.
 * @throws {Misfit} The message names bytes that did not come.
 */
export function fillBlobs(message: unknown, blobs: readonly Uint8Array[]): void {
  if (typeof message !== "object" || message === null || !("types" in message)) return;
  const holder = message as Record<string, unknown>;
  const root = "method" in holder ? "params" : "result";
  for (const [pointer, type] of Object.entries(holder.types ?? {})) {
    if (typeof type !== "string" || !MEMORY.test(type)) continue;
    const keys = [root, ...pointer.split("/").slice(1).map(keyOf)];
    const last = keys.pop() as string;
    const parent = keys.reduce<unknown>(memberOf, holder) as Record<string, unknown> | undefined;
    const index = memberOf(parent, last);
    if (parent === undefined || typeof index !== "number") continue;
    const bytes = blobs[index];
    if (bytes === undefined) throw new Misfit(`bytes number ${index} in front of the message`);
    parent[last] = bytes.toBase64();
  }
}

function keyOf(token: string): string {
  return token.replaceAll("~1", "/").replaceAll("~0", "~");
}

function memberOf(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}
