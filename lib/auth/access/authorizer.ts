/**
 * The check of every call: is the credential still valid, and does the policy allow the method?
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { DelegatedPrincipal } from "../credential/delegated_principal.ts";
import { LivePrincipal, type Validity } from "../credential/live_principal.ts";
import type { Sessions } from "../credential/sessions.ts";
import type { Uses } from "../credential/uses.ts";
import { isAdministrative } from "../policy/policy.ts";
import type { PolicyInUse } from "../policy/policy_in_use.ts";
import type { Principal } from "../policy/principal.ts";
import type { LivePrincipals } from "./live_principals.ts";

/** What the check needs; all of it is made by `openIdentity`, which ends `live`. */
export interface AuthorizerParts {
  /** The policy. */
  readonly policy: Pick<PolicyInUse, "current">;
  /** The principals in use. */
  readonly live: Pick<LivePrincipals, "revoke" | "look">;
  /** How long sessions live. */
  readonly sessions: Pick<Sessions, "idleMs" | "touchMs">;
  /** Where uses of sessions and API keys are written down. */
  readonly uses: Pick<Uses, "session" | "apiKey">;
  /** The time. */
  readonly clock: Clock;
}

/** Checks calls. */
export class Authorizer {
  readonly #parts: AuthorizerParts;
  readonly #clock: Clock;

  /**
   * Puts the check together; `openIdentity` does that.
   *
   * @param parts What the check needs.
   */
  constructor(parts: AuthorizerParts) {
    this.#parts = parts;
    this.#clock = parts.clock;
  }

  /**
   * Allows a call, or refuses it by throwing.
   *
   * @param principal The caller; `null` where nobody is signed in.
   * @param method The method's name.
   * @param now The time in milliseconds since the epoch; read here by default.
   * @param isAdminMethod Whether the method is declared administrative.
   * @throws {DariError} `unauthenticated` where nobody is signed in, or the credential has ended;
   * `permission_denied` where the policy does not allow the method.
   */
  authorize(
    principal: Principal | null,
    method: string,
    now: number = this.#clock.now(),
    isAdminMethod = false,
  ): void {
    // An administrative method is decided on each time: another server of the same gate may have an
    // ordinary method of the name, which more callers may call.
    if (principal !== null && !isAdminMethod) {
      const validity = LivePrincipal.validityOf(principal);
      if (
        validity !== undefined && !validity.revoked && isFresh(validity, now) &&
        validity.allowed.get(method) === true
      ) return;
    }
    this.#decide(principal, method, isAdminMethod);
  }

  /**
   * Says whether a principal's credential is still valid, and counts that as a use of it.
   *
   * @param principal The principal.
   * @returns Whether it is valid.
   */
  isValid(principal: LivePrincipal): boolean {
    const validity = LivePrincipal.validityOf(principal);
    if (validity === undefined || validity.revoked) return false;
    const now = this.#clock.now();
    return isFresh(validity, now) || this.#renew(principal, validity, now);
  }

  #decide(principal: Principal | null, method: string, isAdminMethod: boolean): void {
    const members = principal === null ? undefined : DelegatedPrincipal.membersOf(principal);
    if (members !== undefined) return this.#decideForAll(members, method, isAdminMethod);
    const policy = this.#parts.policy.current;
    const valid = principal instanceof LivePrincipal && this.isValid(principal);
    const decision = policy.decide(valid ? principal : null, method, isAdminMethod);
    if (decision.allowed) {
      if (valid) LivePrincipal.validityOf(principal)?.allowed.set(method, true);
      return;
    }
    if (valid) throw new DariError("permission_denied", `You may not call "${method}"`);
    throw new DariError(
      "unauthenticated",
      principal === null
        ? `Sign in to call "${method}"`
        : "The credential has ended or was revoked; sign in again",
    );
  }

  /** What one of them may not, they may not; and administering is never done on behalf of others. */
  #decideForAll(members: readonly LivePrincipal[], method: string, isAdminMethod: boolean): void {
    if (isAdminMethod || isAdministrative(method)) {
      throw new DariError(
        "permission_denied",
        `"${method}" is administrative, and so it cannot be called on behalf of others`,
      );
    }
    for (const member of members) {
      try {
        this.authorize(member, method);
      } catch (error) {
        if (!(error instanceof DariError)) throw error;
        const reason = `You may not call "${method}" on behalf of others`;
        throw new DariError("permission_denied", reason, { cause: error });
      }
    }
  }

  /** The longer check, which is due now and then: the ends of the credential, and outside revocation. */
  #renew(principal: LivePrincipal, validity: Validity, now: number): boolean {
    this.#parts.live.look();
    if (validity.revoked) return false;
    if (LivePrincipal.originOf(principal).isRevoked?.() === true) {
      this.#parts.live.revoke(principal);
      return false;
    }
    if (now >= validity.endsAtMs || now >= validity.idleUntilMs) return false;
    const { idleMs, touchMs: sessionTouchMs } = this.#parts.sessions;
    const isSession = principal.kind === "session";
    const touchMs = isSession ? sessionTouchMs : limits.touchMs;
    if (isSession) validity.idleUntilMs = Math.min(now + idleMs, validity.endsAtMs);
    // A time too far ahead says that the clock was set back since.
    if (now >= validity.touchAtMs || validity.touchAtMs > now + touchMs) {
      validity.touchAtMs = now + touchMs;
      this.#writeUse(principal, validity.idleUntilMs);
    }
    const stepMs = isSession
      ? Math.min(limits.recheckMs, idleMs * limits.touchShare)
      : limits.recheckMs;
    validity.dueAtMs = Math.min(now + stepMs, validity.endsAtMs, validity.idleUntilMs);
    return true;
  }

  #writeUse(principal: LivePrincipal, idleUntilMs: number): void {
    const { uses, live } = this.#parts;
    const { key = "" } = LivePrincipal.originOf(principal);
    const id = key.slice(key.indexOf("/") + 1);
    if (principal.kind === "session") uses.session(id, idleUntilMs, () => live.revoke(principal));
    else if (principal.kind === "apiKey") uses.apiKey(id);
  }
}

function isFresh(validity: Validity, now: number): boolean {
  const leftMs = validity.dueAtMs - now;
  // More than the longest step says that the clock was set back, or that it is another one.
  return leftMs > 0 && leftMs <= limits.recheckMs;
}
