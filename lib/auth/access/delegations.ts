/**
 * Who may call on behalf of whom.
 *
 * @module
 */

import { BoundedMap } from "../../base/bounded_map.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { AccountRecord } from "../account/account.ts";
import type { Accounts } from "../account/accounts.ts";
import { foldName } from "../account/names.ts";
import { DelegatedPrincipal } from "../credential/delegated_principal.ts";
import { LivePrincipal } from "../credential/live_principal.ts";
import { accountPrincipal } from "../credential/principals.ts";
import { DELEGATE } from "../policy/policy.ts";
import type { Principal } from "../policy/principal.ts";
import type { Authorizer } from "./authorizer.ts";
import type { LivePrincipals } from "./live_principals.ts";

/** What delegation needs; all of it is made by `openIdentity`, which ends `live`. */
export interface DelegationParts {
  /** The accounts that chains name. */
  readonly accounts: Pick<Accounts, "find">;
  /** The principals in use. */
  readonly live: Pick<LivePrincipals, "add" | "generation">;
  /** Says whether a peer may name others, and whether principals are still valid. */
  readonly authorizer: Pick<Authorizer, "authorize" | "isValid">;
}

/** Makes the principals of chains, one for each peer and chain while nothing about it changes. */
export class Delegations {
  readonly #parts: DelegationParts;
  /** By peer, and then by the text of the chain. A peer's end with the peer. */
  readonly #known = new WeakMap<LivePrincipal, BoundedMap<string, DelegatedPrincipal>>();
  /** Those that somebody holds: they end with each of their members. */
  readonly #inUse = new Set<WeakRef<DelegatedPrincipal>>();
  readonly #gone = new FinalizationRegistry<WeakRef<DelegatedPrincipal>>((reference) =>
    void this.#inUse.delete(reference)
  );

  /**
   * Puts delegation together; `openIdentity` does that.
   *
   * @param parts What it needs.
   */
  constructor(parts: DelegationParts) {
    this.#parts = parts;
  }

  /**
   * Says on whose behalf a peer calls. A chain that was seen before is answered synchronously.
   *
   * @param peer The principal that makes the call.
   * @param chain The names from the first caller to the one before the peer.
   * @returns The principal that stands for all of them.
   * @throws {DariError} `permission_denied` where the peer may not name others, or a name has no
   * account that is enabled; `unauthenticated` where the peer's own credential has ended.
   */
  delegate(
    peer: Principal,
    chain: readonly string[],
  ): DelegatedPrincipal | Promise<DelegatedPrincipal> {
    this.#checkPeer(peer);
    if (!(peer instanceof LivePrincipal) || chain.length > limits.maxCallChainLength) {
      throw mayNot();
    }
    const text = JSON.stringify(chain);
    const known = this.#known.get(peer)?.get(text);
    return known !== undefined && this.#stands(known) ? known : this.#make(peer, chain, text);
  }

  /**
   * The principals that end with another one.
   *
   * @param member A principal that has ended.
   * @returns Those whose chain it is in.
   */
  through(member: Principal): DelegatedPrincipal[] {
    return [...this.#inUse].map((reference) => reference.deref())
      .filter((principal) => principal !== undefined)
      .filter((principal) =>
        DelegatedPrincipal.membersOf(principal)?.some((each) => each === member)
      );
  }

  #checkPeer(peer: Principal): void {
    try {
      this.#parts.authorizer.authorize(peer, DELEGATE);
    } catch (error) {
      throw error instanceof DariError && error.code === "permission_denied" ? mayNot() : error;
    }
  }

  #stands(principal: DelegatedPrincipal): boolean {
    const members = DelegatedPrincipal.membersOf(principal) ?? [];
    return members.every((member) => this.#parts.authorizer.isValid(member));
  }

  async #make(
    peer: LivePrincipal,
    chain: readonly string[],
    text: string,
  ): Promise<DelegatedPrincipal> {
    const members: LivePrincipal[] = [];
    for (const name of chain) members.push(await this.#member(name));
    const [first, ...others] = members;
    if (first === undefined) throw mayNot();
    const principal = new DelegatedPrincipal([first, ...others], peer);
    const reference = new WeakRef(principal);
    this.#inUse.add(reference);
    this.#gone.register(principal, reference);
    const known = this.#known.get(peer) ?? new BoundedMap(limits.maxCachedChains);
    this.#known.set(peer, known);
    known.set(text, principal);
    return principal;
  }

  /** The account as a principal, made again where the store changed meanwhile. */
  async #member(name: string): Promise<LivePrincipal> {
    const { live } = this.#parts;
    for (let attempt = 0; attempt < limits.maxStoreUpdateAttempts; attempt++) {
      const { generation } = live;
      const account = await this.#account(name);
      if (live.generation !== generation) continue;
      const principal = accountPrincipal(account);
      live.add(principal);
      return principal;
    }
    throw new DariError("unavailable", "Accounts change too fast to look them up; try again");
  }

  async #account(name: string): Promise<AccountRecord> {
    const account = await this.#parts.accounts.find(foldedName(name));
    if (account?.active === true) return account;
    throw nobody();
  }
}

function foldedName(name: string): string {
  try {
    return foldName(name);
  } catch {
    throw nobody();
  }
}

function mayNot(): DariError {
  return new DariError(
    "permission_denied",
    `You may not call on behalf of others: that takes a role that names "${DELEGATE}", and for a ` +
      'credential with scopes the scope "delegate"',
  );
}

/** The same for an account that is disabled and for none: it tells nothing about accounts. */
function nobody(): DariError {
  return new DariError(
    "permission_denied",
    "meta.chain names somebody on whose behalf nobody may call",
  );
}
