/**
 * What callers are called in messages, leases and records.
 *
 * @module
 */

import type { Principal } from "../../auth/policy/principal.ts";

/** Whoever calls without a sign-in. */
export const STRANGER = "stranger";

/**
 * The name of a caller.
 *
 * @param principal The caller, where it has signed in.
 */
export function callerName(principal: Principal | null | undefined): string {
  return principal?.name ?? STRANGER;
}
