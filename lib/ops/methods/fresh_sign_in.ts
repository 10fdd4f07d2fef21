/**
 * Acts that end or change what others have need a sign-in of the last minutes.
 *
 * @module
 */

import type { Principal } from "../../auth/policy/principal.ts";
import type { Sessions } from "../../auth/credential/sessions.ts";
import type { Clock } from "../../base/clock.ts";
import { RpcError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { MINUTE_MS } from "../../base/limits/units.ts";

/** Refuses those whose sign-in is too old. */
export type CheckFreshness = (principal: Principal | null) => Promise<void>;

/** What {@linkcode freshSignIn} works with. */
export interface FreshSignInParts {
  /** Tells when a session began. */
  readonly sessions: Pick<Sessions, "get">;
  /** The time. */
  readonly clock: Pick<Clock, "now">;
}

/**
 * Makes the check. It is for sessions: a browser or a program that somebody left open must not be
 * enough. Keys, certificates and the owner of the machine prove themselves with every call or
 * connection, and have nothing to sign in with again.
 *
 * @param parts Sessions and time.
 * @returns Rejects with `failed_precondition`, and `signInMaxAgeMs` in its data, where the session of
 * the principal began too long ago, or in the future.
 */
export function freshSignIn({ sessions, clock }: FreshSignInParts): CheckFreshness {
  return async (principal) => {
    if (principal?.kind !== "session") return;
    const session = await sessions.get(principal.credentialId.replace("session:", ""));
    const ageMs = clock.now() - (session?.createdAtMs ?? -Infinity);
    if (ageMs >= 0 && ageMs <= limits.freshSignInMs) return;
    const minutes = limits.freshSignInMs / MINUTE_MS;
    throw new RpcError(
      "failed_precondition",
      `The sign-in is older than ${minutes} minutes; sign in again, and repeat this then`,
      { data: { signInMaxAgeMs: limits.freshSignInMs } },
    );
  };
}
