/**
 * What callers are called in messages, leases and records.
 *
 * @module
 */

import type { Principal } from "../../auth/policy/principal.ts";

/** The name of callers that have not signed in. */
export const STRANGER = "stranger";

/**
 * The name of a caller. New accounts cannot be called as strangers are; one that was made before that was
 * so is told apart from them.
 *
 * @param principal The caller, where it has signed in.
 */
export function callerName(principal: Principal | null | undefined): string {
  if (principal?.name === STRANGER) return `account:${STRANGER}`;
  return principal?.name ?? STRANGER;
}
