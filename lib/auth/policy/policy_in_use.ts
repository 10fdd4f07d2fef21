/**
 * The policy that decides now; it can be changed while a server runs.
 *
 * @module
 */

import { type Clock, systemClock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { CallLimiter, type OpenBuckets } from "./call_limiter.ts";
import { changedIssuers, issuerKey } from "../issuer/token_issuer.ts";
import { type CompiledPolicy, compilePolicy, type Policy } from "./policy.ts";

/** Holds the policy for everybody who asks it. */
export class PolicyInUse {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #openBuckets: OpenBuckets | undefined;
  #source: Policy;
  #current: CompiledPolicy;
  #limiter: CallLimiter | undefined;

  /**
   * Begins with a policy.
   *
   * @param policy The policy.
   * @param clock The clock of its limits.
   * @param openBuckets Where calls are counted; in this thread by default.
   * @throws {DariError} `configuration` when a pattern is malformed, or a limit wrong.
   */
  constructor(
    policy: Policy | undefined,
    clock: Pick<Clock, "monotonic"> = systemClock,
    openBuckets?: OpenBuckets,
  ) {
    this.#clock = clock;
    this.#openBuckets = openBuckets;
    this.#source = policy ?? {};
    this.#current = compilePolicy(policy);
    this.#limiter = this.#newLimiter();
  }

  /** What it was made from. */
  get source(): Policy {
    return this.#source;
  }

  /** Counts calls against the policy's limits; `undefined` where it has none. */
  get limiter(): CallLimiter | undefined {
    return this.#limiter;
  }

  /** The policy that decides now. */
  get current(): CompiledPolicy {
    return this.#current;
  }

  /**
   * Puts another policy in its place.
   *
   * @param policy The policy.
   * @returns The keys of issuers whose tokens do not mean the same any more.
   * @throws {DariError} `configuration` when a pattern is malformed, or a limit wrong; then the one
   * before goes on.
   */
  change(policy: Policy): string[] {
    const { issuers } = this.#current;
    this.#current = compilePolicy(policy);
    this.#source = policy;
    this.#limiter = this.#newLimiter();
    return changedIssuers(issuers, this.#current.issuers).map(issuerKey);
  }

  #newLimiter(): CallLimiter | undefined {
    const { limits } = this.#current;
    const monotonic = () => this.#clock.monotonic();
    return limits && new CallLimiter(limits, monotonic, this.#limiter, this.#openBuckets);
  }

  /**
   * Refuses roles that the policy does not have. A misspelled role would give no rights, and be
   * noticed only by those who lack them.
   *
   * @param roles The roles that somebody gives to an account.
   * @throws {DariError} `invalid_params` with the roles that there are.
   */
  checkRoles(roles: readonly string[]): void {
    const known = this.#current.roles;
    const unknown = roles.find((role) => !known.includes(role));
    if (unknown === undefined) return;
    throw new DariError(
      "invalid_params",
      `The policy has no role ${JSON.stringify(unknown)}; it has ${known.join(", ") || "none"}. ` +
        "Correct the name, or add the role to the policy first",
    );
  }
}
