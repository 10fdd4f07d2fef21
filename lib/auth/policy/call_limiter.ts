/**
 * Counts calls against the limits of a policy.
 *
 * @module
 */

import { type Buckets, TokenBuckets } from "../../base/token_buckets.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { peerHost } from "../../base/peer/peer_host.ts";
import type { CallRule, CompiledCallLimits } from "./call_limits.ts";
import type { Principal } from "./principal.ts";

/** A rule and the buckets of its callers. */
interface CountedRule extends CallRule {
  readonly buckets: Buckets<string>;
}

/** Opens the buckets of a rule, whose text names them. */
export type OpenBuckets = (name: string, rule: CallRule) => Buckets<string>;

const inThisThread: OpenBuckets = (_name, rule) => new TokenBuckets(rule, limits.maxCallersCounted);

/**
 * The buckets of every caller, on every connection. A caller is the name of a principal, or the
 * address of a peer that has not signed in (of IPv6: its /64 network).
 */
export class CallLimiter {
  readonly #limits: CompiledCallLimits;
  readonly #monotonic: () => number;
  /** The rules by what they say, with their buckets. */
  readonly #rules = new Map<string, CountedRule>();
  /** The rules of each principal, by method; they go with the policy, or with the principal. */
  readonly #found = new WeakMap<Principal, Map<string, readonly CountedRule[]>>();
  readonly #foundForStrangers = new Map<string, readonly CountedRule[]>();

  /**
   * @param compiled The limits.
   * @param monotonic The clock, in milliseconds.
   * @param previous The limiter before this one: rules that have not changed keep their counts.
   * @param open Opens the buckets of the others.
   */
  constructor(
    compiled: CompiledCallLimits,
    monotonic: () => number,
    previous?: CallLimiter,
    open: OpenBuckets = inThisThread,
  ) {
    this.#limits = compiled;
    this.#monotonic = monotonic;
    for (const rule of compiled.rules) {
      const key = JSON.stringify(rule);
      const buckets = previous === undefined ? undefined : previous.#rules.get(key)?.buckets;
      this.#rules.set(key, {
        ...rule,
        buckets: buckets ?? open(key, rule),
      });
    }
  }

  /**
   * Counts a call that is about to run.
   *
   * @param principal The caller; `null` where nobody is signed in.
   * @param method The method, which exists.
   * @param address The address of the peer.
   * @param isAdminMethod Whether the method is declared administrative.
   * @throws {DariError} `resource_exhausted` with `retryAfterMs` where the caller has made too many;
   * then the call does not count.
   */
  take(principal: Principal | null, method: string, address: string, isAdminMethod = false): void {
    const rules = this.#rulesOf(principal, method, isAdminMethod);
    if (rules.length === 0) return;
    const caller = principal?.name ?? peerHost(address);
    const now = this.#monotonic();
    for (const rule of rules) {
      const waitMs = rule.buckets.waitMs(caller, now);
      if (waitMs > 0) throw tooMany(rule, waitMs);
    }
    for (const { buckets } of rules) buckets.take(caller, now);
  }

  #rulesOf(
    principal: Principal | null,
    method: string,
    isAdminMethod: boolean,
  ): readonly CountedRule[] {
    let found = principal === null ? this.#foundForStrangers : this.#found.get(principal);
    if (found === undefined) this.#found.set(principal!, found = new Map());
    // Another server of the same gate may have an ordinary method of the name.
    const key = isAdminMethod ? `!${method}` : method;
    let rules = found.get(key);
    if (rules === undefined) {
      rules = this.#limits.rulesOf(principal, method, isAdminMethod)
        .flatMap((rule) => this.#rules.get(JSON.stringify(rule)) ?? []);
      found.set(key, rules);
    }
    return rules;
  }
}

function tooMany({ methods, perSecond, burst }: CallRule, waitMs: number): DariError {
  const retryAfterMs = Math.ceil(waitMs);
  return new DariError(
    "resource_exhausted",
    `You may make ${perSecond} calls a second of "${methods}", ${burst} at once; call again after ` +
      `${retryAfterMs} ms`,
    { retryAfterMs },
  );
}
