/**
 * The check of every call: is the credential still valid, and does the policy allow the method?
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { LivePrincipal, type Validity } from "../credential/live_principal.ts";
import type { CompiledPolicy } from "../policy/policy.ts";
import type { Principal } from "../policy/principal.ts";
import type { LivePrincipals } from "./live_principals.ts";

/** What the check needs. */
export interface AuthorizerParts {
  /** The policy. */
  readonly policy: CompiledPolicy;
  /** The principals in use. */
  readonly live: LivePrincipals;
  /** The time. */
  readonly clock: Clock;
  /** How long a session lives without use, and how often a use of it is written down. */
  readonly sessions: { readonly idleMs: number; readonly touchMs: number };
  /** Writes down that a credential was used. */
  readonly touch: (principal: LivePrincipal, idleUntilMs: number) => void;
}

/** Checks calls. */
export class Authorizer {
  readonly #parts: AuthorizerParts;
  readonly #clock: Clock;

  /**
   * Puts it together.
   *
   * @param parts What the check needs.
   */
  constructor(parts: AuthorizerParts) {
    this.#parts = parts;
    this.#clock = parts.clock;
  }

  /**
   * Lets a call pass or refuses it.
   *
   * @param principal Who calls.
   * @param method The method's name.
   * @param now The time, where the caller has read it.
   * @throws {DariError} `unauthenticated` or `permission_denied`.
   */
  authorize(principal: Principal | null, method: string, now: number = this.#clock.now()): void {
    if (principal !== null) {
      const validity = LivePrincipal.validityOf(principal);
      if (
        validity !== undefined && !validity.revoked && isFresh(validity, now) &&
        validity.allowed.has(method)
      ) return;
    }
    this.#decide(principal, method);
  }

  /**
   * Whether a principal's credential is still valid; counts as a use of it.
   *
   * @param principal The principal.
   * @returns Whether it is.
   */
  isValid(principal: LivePrincipal): boolean {
    const validity = LivePrincipal.validityOf(principal);
    if (validity === undefined || validity.revoked) return false;
    const now = this.#clock.now();
    return isFresh(validity, now) || this.#renew(principal, validity, now);
  }

  #decide(principal: Principal | null, method: string): void {
    const { policy } = this.#parts;
    const valid = principal instanceof LivePrincipal && this.isValid(principal);
    const decision = policy.decide(valid ? principal : null, method);
    if (!decision.allowed) {
      if (!valid) {
        throw new DariError(
          "unauthenticated",
          principal === null
            ? `Sign in to call "${method}"`
            : "The credential ended or was revoked; sign in again",
        );
      }
      throw new DariError("permission_denied", `You may not call "${method}"`);
    }
    const validity = valid ? LivePrincipal.validityOf(principal) : undefined;
    if (validity === undefined) return;
    // A peer can ask for any number of names.
    if (validity.allowed.size >= limits.maxCachedDecisions) validity.allowed.clear();
    validity.allowed.add(method);
  }

  #renew(principal: LivePrincipal, validity: Validity, now: number): boolean {
    if (LivePrincipal.originOf(principal).isRevoked?.() === true) {
      this.#parts.live.revoke(principal);
      return false;
    }
    if (now >= validity.endsAtMs || now >= validity.idleUntilMs) return false;
    const { sessions: { idleMs, touchMs: sessionTouchMs }, touch } = this.#parts;
    const slides = principal.kind === "session";
    const touchMs = slides ? sessionTouchMs : limits.touchMs;
    if (slides) validity.idleUntilMs = Math.min(now + idleMs, validity.endsAtMs);
    // The clock may have been set back since.
    if (now >= validity.touchAtMs || validity.touchAtMs > now + touchMs) {
      validity.touchAtMs = now + touchMs;
      touch(principal, validity.idleUntilMs);
    }
    const step = slides ? Math.min(limits.recheckMs, idleMs * limits.touchShare) : limits.recheckMs;
    validity.dueAtMs = Math.min(now + step, validity.endsAtMs, validity.idleUntilMs);
    return true;
  }
}

function isFresh(validity: Validity, now: number): boolean {
  const leftMs = validity.dueAtMs - now;
  // More than the longest step says that the clock was set back, or that it is another one.
  return leftMs > 0 && leftMs <= limits.recheckMs;
}
