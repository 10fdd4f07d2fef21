/**
 * Whether a caller has an administrative right.
 *
 * @module
 */

import type { Gate } from "../../auth/sign_in/gate.ts";
import { DariError } from "../../base/errors.ts";
import type { Context } from "../../rpc/method/context.ts";

/**
 * Asks the policy, where a denial is an answer and no failure: it shows less.
 *
 * @param gate Knows the policy.
 * @param principal The caller; nobody before a sign-in.
 * @param right The administrative right, such as `queue:orders.show`.
 */
export function mayAdminister(
  gate: Pick<Gate, "authorize">,
  principal: Context["principal"],
  right: string,
): boolean {
  try {
    gate.authorize(principal, right, undefined, true);
    return true;
  } catch (error) {
    if (error instanceof DariError) return false;
    throw error;
  }
}
