/**
 * What a peer says that is going away.
 *
 * @module
 */

import { limits } from "../base/limits.ts";

/** The notification of a peer that will end the connection: `{ graceMs }`. */
export const DRAIN = "rpc.drain";

/**
 * Writes the params of `rpc.drain`.
 *
 * @param graceMs How long calls are still served, in milliseconds; `Infinity` for as long as the
 * longest call may take.
 * @returns The params.
 */
export function drainParams(graceMs: number): { readonly graceMs: number } {
  return { graceMs: Math.min(Math.round(graceMs), limits.maxCallTimeoutMs) };
}

/**
 * Reads the params of `rpc.drain`. The notification counts whatever they are, since its sender goes
 * away all the same.
 *
 * @param params What came.
 * @returns How long calls are still served, in milliseconds; the default where `graceMs` is not a
 * number of at least 0.
 */
export function readDrain(params: unknown): number {
  const { graceMs } = (params ?? {}) as { graceMs?: unknown };
  if (typeof graceMs !== "number" || !(graceMs >= 0)) return limits.drainTimeoutMs;
  return Math.min(graceMs, limits.maxCallTimeoutMs);
}
