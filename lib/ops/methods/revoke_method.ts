/**
 * `rpc.revoke`: the switch for administrators of other machines.
 *
 * @module
 */

import { delay } from "../../base/abort.ts";
import { DariError } from "../../base/errors.ts";
import type { RevocationReason } from "../../cert/ledger/event.ts";
import type { Context } from "../../rpc/method/context.ts";
import type { Method } from "../../rpc/method/method.ts";
import type { Owner } from "../live/connections.ts";
import type { CheckFreshness } from "./fresh_sign_in.ts";
import { needed, readParams } from "./params.ts";
import { carryOut, type CarryOutOptions } from "../revoke/carry_out.ts";
import type { RevocationParts } from "../revoke/parts.ts";
import { planRevocation } from "../revoke/plan.ts";
import { findTarget } from "../revoke/target.ts";

/** The reasons for which a certificate may be revoked here, with its key. */
export const switchReasons = [
  "unspecified",
  "keyCompromise",
  "affiliationChanged",
  "cessationOfOperation",
  "privilegeWithdrawn",
] as const satisfies readonly RevocationReason[];

/**
 * Makes the method. With `what` it lists what would end, and changes nothing.
 *
 * @param parts What it reads and changes.
 * @param checkFresh Refuses to change anything for a session that began long ago.
 */
export function revokeMethod(parts: RevocationParts, checkFresh: CheckFreshness): Method {
  return {
    summary: "End everything that somebody has: sessions, keys, certificates, connections",
    async handler(params: unknown, { principal }: Context) {
      const given = readParams(params, { who: "text", what: "flag", reason: "text" });
      const { what = false, reason } = given;
      const plan = await planRevocation(parts, await findTarget(parts, needed(given, "who")));
      if (what) return plan;
      await checkFresh(principal);
      if (principal !== null && isOwn(principal, plan.owner)) {
        throw new DariError(
          "failed_precondition",
          `${plan.target} is what you signed in with, and the answer could not reach you; ` +
            "sign in as somebody else, or run the command on the server's machine",
        );
      }
      return await carryOut(parts, plan, { reason: reasonOf(reason), wait: delay });
    },
  };
}

function isOwn(
  { name, credentialId }: NonNullable<Context["principal"]>,
  { names = [], credentials = [] }: Owner,
): boolean {
  return names.includes(name) || credentials.includes(credentialId);
}

function reasonOf(text = "unspecified"): CarryOutOptions["reason"] {
  const reason = switchReasons.find((each) => each === text);
  if (reason !== undefined) return reason;
  throw new DariError("invalid_params", `"reason" must be one of ${switchReasons.join(", ")}`);
}
