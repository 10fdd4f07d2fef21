/**
 * Why a call would be allowed or refused.
 *
 * @module
 */

import { CERTIFICATE_PREFIX } from "../account/account.ts";
import type { Accounts } from "../account/accounts.ts";
import type { AccountCertificates } from "../account/account_certificates.ts";
import type { CompiledPolicy, Decision } from "../policy/policy.ts";

/** What an explanation is read from. */
export interface ExplainParts {
  /** The policy. */
  readonly policy: CompiledPolicy;
  /** The accounts. */
  readonly accounts: Accounts;
  /** The accounts that client certificates stand for. */
  readonly certificates: AccountCertificates;
}

/**
 * Says whether a principal may call a method, and which rule decides.
 *
 * @param parts Policy, accounts and certificates.
 * @param name An account's name, `local`, or `certificate:IDENTITY`.
 * @param method The method.
 * @param scopes The scopes of a credential, where it has some.
 * @param isAdminMethod Whether the method is declared administrative.
 * @returns The decision and its reason.
 * @throws {DariError} `not_found` when there is no such account.
 */
export async function explain(
  { policy, accounts, certificates }: ExplainParts,
  name: string,
  method: string,
  scopes?: readonly string[],
  isAdminMethod = false,
): Promise<Decision> {
  if (name === "local") return policy.decide({ name, kind: "local", roles: [] }, method);
  const account = name.startsWith(CERTIFICATE_PREFIX)
    ? await certificates.owner(name.slice(CERTIFICATE_PREFIX.length))
    : await accounts.record(name);
  // A certificate that never stood for an account stands for itself.
  const { name: found, roles, active } = account ??
    { name, roles: ["certificate"], active: account !== null };
  const narrowed = scopes === undefined ? {} : { scopes };
  const subject = { name: found, roles, ...narrowed };
  const rules = policy.limits?.rulesOf(subject, method, isAdminMethod) ?? [];
  const decision = {
    ...policy.decide(subject, method, isAdminMethod),
    ...(rules.length === 0 ? {} : { limits: rules }),
  };
  if (active || policy.isPublic(method, isAdminMethod)) return decision;
  return {
    allowed: false,
    reason: account === null
      ? `"${name}" no longer stands for an account`
      : `"${found}" is disabled`,
  };
}
