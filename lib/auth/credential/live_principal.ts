/**
 * Principals while they are in use. Whether one is still valid takes one look at a flag and a number.
 *
 * @module
 */

import { BoundedMap } from "../../base/bounded_map.ts";
import { limits } from "../../base/limits.ts";
import type { CredentialKind, Principal } from "../policy/principal.ts";

/** The part of a principal that changes, and that only the server sees. */
export interface Validity {
  /** Set when the credential ends before its time; never reset. */
  revoked: boolean;
  /** Until this moment only `revoked` needs to be looked at, in milliseconds since the epoch. */
  dueAtMs: number;
  /** When a session ends unless it is used; every use moves it. */
  idleUntilMs: number;
  /** When the credential ends. */
  endsAtMs: number;
  /** When a use has to be written down again. */
  touchAtMs: number;
  /** Methods that the policy allows the principal; asked again for those that were dropped. */
  readonly allowed: BoundedMap<string, true>;
}

/** What a principal depends on in the store: when that changes, the principal ends. */
export interface Origin {
  /** The account's id in the store; `undefined` for `local` and certificates without an account. */
  readonly accountKey?: string;
  /** The account as it was when the principal was made. */
  readonly account?: { readonly id: string; readonly epoch: string };
  /** The store's key of the session, the API key or the certificate's mapping. */
  readonly key?: string;
  /** Of an API key the hash of the secret that was used; of a certificate its identity. */
  readonly detail?: string;
  /** Says whether the credential was revoked outside of the store; asked twice a second. */
  readonly isRevoked?: () => boolean;
}

/** What a principal is made of: what everyone sees of it, and when it ends. */
export interface LiveFacts extends Omit<Principal, "expiresAtMs"> {
  /** When the credential ends, in milliseconds since the epoch. @default {Infinity} */
  readonly endsAtMs?: number;
  /** When a session ends unless it is used. @default {Infinity} */
  readonly idleUntilMs?: number;
  /** When its next use has to be written down. @default {0} */
  readonly touchAtMs?: number;
}

/** A principal that this server made. Other objects of the same shape are not accepted. */
export class LivePrincipal implements Principal {
  readonly name: string;
  readonly kind: CredentialKind;
  readonly roles: readonly string[];
  declare readonly scopes?: readonly string[];
  readonly credentialId: string;
  declare readonly expiresAtMs?: number;
  // Private fields are neither listed, copied nor sent to another thread with the object.
  readonly #validity: Validity;
  readonly #origin: Origin;

  /**
   * Makes a principal that is valid from now on.
   *
   * @param facts What everyone sees, and when it ends.
   * @param origin What it depends on in the store.
   */
  constructor(facts: LiveFacts, origin: Origin) {
    const { endsAtMs = Infinity, idleUntilMs = Infinity, touchAtMs = 0 } = facts;
    this.name = facts.name;
    this.kind = facts.kind;
    this.roles = Object.freeze([...facts.roles]);
    this.credentialId = facts.credentialId;
    if (facts.scopes !== undefined) this.scopes = Object.freeze([...facts.scopes]);
    if (endsAtMs !== Infinity) this.expiresAtMs = endsAtMs;
    this.#origin = origin;
    this.#validity = {
      revoked: false,
      dueAtMs: 0,
      idleUntilMs,
      endsAtMs,
      touchAtMs,
      allowed: new BoundedMap(limits.maxCachedDecisions),
    };
    Object.freeze(this);
  }

  /**
   * The validity of a principal.
   *
   * @param principal Any object.
   * @returns The validity, or `undefined` where the object is no principal of this server.
   */
  static validityOf(principal: object): Validity | undefined {
    return #validity in principal ? principal.#validity : undefined;
  }

  /**
   * What a principal depends on in the store.
   *
   * @param principal The principal.
   * @returns Its origin.
   */
  static originOf(principal: LivePrincipal): Origin {
    return principal.#origin;
  }
}
