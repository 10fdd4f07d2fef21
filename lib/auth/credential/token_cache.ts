/**
 * Principals by the token that proved them.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type { LivePrincipal } from "./live_principal.ts";

/** A bounded cache; the longest unused half goes first. */
export class TokenCache {
  // Two generations: a hit in the old one moves to the new one, so that no hit costs a reordering.
  #young = new Map<string, LivePrincipal>();
  #old = new Map<string, LivePrincipal>();

  /**
   * Looks a token up.
   *
   * @returns The principal of a token, where it is known.
   */
  get(token: string): LivePrincipal | undefined {
    const found = this.#young.get(token);
    if (found !== undefined) return found;
    const older = this.#old.get(token);
    if (older !== undefined) this.set(token, older);
    return older;
  }

  /** Keeps the principal of a token. */
  set(token: string, principal: LivePrincipal): void {
    if (this.#young.size >= limits.maxCachedTokens / 2) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(token, principal);
  }

  /** Forgets a token. */
  delete(token: string): void {
    this.#young.delete(token);
    this.#old.delete(token);
  }
}
