/**
 * Peers that call on behalf of others: "alice through web".
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc8693#section-4.1 | RFC 8693 section 4.1}, subject and actors
 * @module
 */

import { ADMIN_ROLE } from "../policy/policy.ts";
import type { Principal } from "../policy/principal.ts";
import type { LivePrincipal } from "./live_principal.ts";

/** The first caller, and everybody through whom the call came. What one of them may not, it may not. */
export class DelegatedPrincipal implements Principal {
  readonly name: string;
  readonly kind = "delegated";
  readonly roles: readonly string[];
  declare readonly scopes?: readonly string[];
  readonly credentialId: string;
  declare readonly expiresAtMs?: number;
  readonly chain: readonly string[];
  // A private field is neither listed, copied nor sent to another thread with the object.
  readonly #members: readonly LivePrincipal[];

  /**
   * Makes the principal of a chain.
   *
   * @param behalf The accounts on whose behalf the peer calls, the first caller first.
   * @param peer The peer that makes the call.
   */
  constructor(behalf: readonly [LivePrincipal, ...LivePrincipal[]], peer: LivePrincipal) {
    this.name = behalf[0].name;
    this.credentialId = peer.credentialId;
    if (peer.scopes !== undefined) this.scopes = peer.scopes;
    if (peer.expiresAtMs !== undefined) this.expiresAtMs = peer.expiresAtMs;
    this.chain = Object.freeze([...behalf, peer].map(({ name }) => name));
    this.#members = Object.freeze([...behalf, peer]);
    // The owner of this process may do everything, whatever its roles are called.
    const narrowing = this.#members.filter(({ kind }) => kind !== "local");
    this.roles = Object.freeze(
      behalf[0].roles.filter((role) =>
        role !== ADMIN_ROLE && narrowing.every(({ roles }) => roles.includes(role))
      ),
    );
    Object.freeze(this);
  }

  /**
   * Everybody whose rights a principal is bounded by.
   *
   * @param principal Any object.
   * @returns The members, the peer last; `undefined` where the object is no such principal.
   */
  static membersOf(principal: object): readonly LivePrincipal[] | undefined {
    return #members in principal ? principal.#members : undefined;
  }
}
