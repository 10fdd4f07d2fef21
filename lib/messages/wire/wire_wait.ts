/**
 * What calls that wait have in common.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type { Context } from "../../rpc/method/context.ts";

/**
 * A wait that ends before its call does, so that the caller gets an answer.
 *
 * @param waitMs The wait, as the caller has it; what cannot be one is left as it is.
 * @param context The call.
 * @returns Milliseconds.
 */
export function waitWithin(
  waitMs: unknown,
  { deadline }: Pick<Context, "deadline">,
): number | undefined {
  const leftMs = Math.max(0, Math.floor(deadline - Date.now() - limits.takeMarginMs));
  const isTooLong = typeof waitMs === "number" && waitMs > leftMs &&
    waitMs <= limits.maxCallTimeoutMs;
  return isTooLong ? leftMs : waitMs as number | undefined;
}
