/**
 * Why a call would pass or be refused, for whoever is named.
 *
 * @module
 */

import { CERTIFICATE_PREFIX } from "../account/account.ts";
import type { Accounts } from "../account/accounts.ts";
import type { Certificates } from "../account/account_certificates.ts";
import type { CompiledPolicy, Decision } from "../policy/policy.ts";

/** Who knows. */
export interface ExplainParts {
  /** The policy. */
  readonly policy: CompiledPolicy;
  /** The accounts. */
  readonly accounts: Accounts;
  /** Which of them certificates stand for. */
  readonly certificates: Certificates;
}

/**
 * Says whether somebody may call a method, and which rule says so.
 *
 * @param parts Who knows.
 * @param name An account's name, `local`, or `certificate:IDENTITY`.
 * @param method The method.
 * @param scopes The scopes of a credential, where it has some.
 * @returns The decision and its reason.
 * @throws {DariError} `not_found` when there is no such account.
 */
export async function explain(
  { policy, accounts, certificates }: ExplainParts,
  name: string,
  method: string,
  scopes?: readonly string[],
): Promise<Decision> {
  if (name === "local") return policy.decide({ name, kind: "local", roles: [] }, method);
  const account = name.startsWith(CERTIFICATE_PREFIX)
    ? await certificates.owner(name.slice(CERTIFICATE_PREFIX.length))
    : await accounts.record(name);
  // A certificate that no account was ever mapped to stands for itself.
  const { name: found, roles, active } = account ??
    { name, roles: ["certificate"], active: account !== null };
  const narrowed = scopes === undefined ? {} : { scopes };
  const decision = policy.decide({ name: found, roles, ...narrowed }, method);
  if (active || policy.isPublic(method)) return decision;
  return {
    allowed: false,
    reason: account === null ? `"${name}" stands for nobody any more` : `"${found}" is disabled`,
  };
}
