/**
 * The policy that decides now; it can be changed while a server runs.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { type CompiledPolicy, compilePolicy, type Policy } from "./policy.ts";

/** Holds the policy for everybody who asks it. */
export class PolicyInUse {
  #current: CompiledPolicy;

  /**
   * Begins with a policy.
   *
   * @param policy The policy.
   * @throws {DariError} `configuration` when a pattern is malformed.
   */
  constructor(policy: Policy | undefined) {
    this.#current = compilePolicy(policy);
  }

  /** The policy that decides now. */
  get current(): CompiledPolicy {
    return this.#current;
  }

  /**
   * Puts another policy in its place.
   *
   * @param policy The policy.
   * @throws {DariError} `configuration` when a pattern is malformed; then the one before goes on.
   */
  change(policy: Policy): void {
    this.#current = compilePolicy(policy);
  }

  /**
   * Refuses roles that the policy does not have. A misspelled role would give no rights, and be
   * noticed only by whoever lacks them.
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
