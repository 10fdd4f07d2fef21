/**
 * What may be changed with a fresh sign-in alone: a person who finds a signed-in program must not
 * be able to lock its owner out.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { MINUTE_MS } from "../../base/limits/units.ts";
import { LivePrincipal } from "../credential/live_principal.ts";
import type { Sessions } from "../credential/sessions.ts";
import type { Principal } from "../policy/principal.ts";

/** What says how old a sign-in is. */
export interface FreshSignInParts {
  /** Says when a session began. */
  readonly sessions: Pick<Sessions, "createdAtMs">;
  /** The time. */
  readonly clock: Clock;
}

/**
 * Refuses a session that is too old. Other credentials have no beginning that says who is there.
 *
 * @param principal The caller.
 * @param parts What says how old a sign-in is.
 * @throws {DariError} `failed_precondition` where the session is older than five minutes.
 */
export async function checkFresh(
  principal: Principal,
  { sessions, clock }: FreshSignInParts,
): Promise<void> {
  if (principal.kind !== "session" || !(principal instanceof LivePrincipal)) return;
  const { key = "" } = LivePrincipal.originOf(principal);
  const createdAtMs = await sessions.createdAtMs(key.slice(key.indexOf("/") + 1));
  const ageMs = clock.now() - (createdAtMs ?? -Infinity);
  if (ageMs >= 0 && ageMs <= limits.freshSignInMs) return;
  const minutes = limits.freshSignInMs / MINUTE_MS;
  throw new DariError(
    "failed_precondition",
    `The sign-in is older than ${minutes} minutes; sign in again, and then change the factors`,
  );
}
