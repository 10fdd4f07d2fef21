/**
 * Principals while they are in use: whether each is still valid is one look at a flag and a number.
 *
 * @module
 */

import type { CredentialKind, Principal } from "../policy/principal.ts";

/** What is known of a principal that changes while its public face does not. */
export interface Validity {
  /** Set once the credential ended before its time. */
  revoked: boolean;
  /** Until then nothing needs to be looked at but the flag. */
  dueAtMs: number;
  /** A session's end unless it is used; it moves with every use. */
  idleUntilMs: number;
  /** The end of the credential. */
  endsAtMs: number;
  /** When a use has to be written down again. */
  touchAtMs: number;
  /** Methods that the policy allows it, as far as asked. */
  readonly allowed: Set<string>;
}

/** What a principal hangs on in the store. */
export interface Origin {
  /** The account's id in the store, `undefined` where it has none (local, unmapped certificate). */
  readonly accountKey?: string;
  /** The account as it was. */
  readonly account?: { readonly id: string; readonly epoch: string };
  /** The store's key of the session, the API key or the certificate's mapping. */
  readonly key?: string;
  /** For an API key the hash of the secret that was used; for a certificate its identity. */
  readonly detail?: string;
  /** Says whether it was revoked elsewhere; asked again and again. */
  readonly isRevoked?: () => boolean;
}

/** What a live principal is made of: what everyone sees of it, and its ends. */
export interface LiveFacts extends Omit<Principal, "expiresAtMs"> {
  /** The end of the credential, in milliseconds since the epoch. */
  readonly endsAtMs?: number;
  /** A session's end unless it is used. */
  readonly idleUntilMs?: number;
  /** When its next use has to be written down. @default {0} */
  readonly touchAtMs?: number;
}

/** A principal made by the gate. Others, even of the same shape, are not let through. */
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
   * @param origin What it hangs on in the store.
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
      allowed: new Set(),
    };
    Object.freeze(this);
  }

  /**
   * Looks at the validity of a principal.
   *
   * @returns The validity of a principal that the gate made, `undefined` for any other object.
   */
  static validityOf(principal: object): Validity | undefined {
    return #validity in principal ? principal.#validity : undefined;
  }

  /**
   * Looks at what a principal hangs on.
   *
   * @returns What the principal hangs on.
   */
  static originOf(principal: LivePrincipal): Origin {
    return principal.#origin;
  }
}
