/**
 * What a policy would have decided on calls that were recorded.
 *
 * @module
 */

import type { CompiledPolicy } from "../../auth/policy/policy.ts";
import { UNKNOWN_METHOD } from "../../rpc/observer.ts";
import type { TappedCall, TappedPrincipal } from "./tapped_call.ts";

/** Calls of one principal to one method, on which the policy decides otherwise than before. */
export interface ChangedCalls {
  /** The caller; `null` where nobody signed in. */
  readonly principal: string | null;
  /** The method. */
  readonly method: string;
  /** How many were recorded. */
  readonly calls: number;
  /** Why the policy decides so. */
  readonly reason: string;
}

/** What a policy would change. */
export interface PolicyTrial {
  /** Calls that were allowed and would be refused. */
  readonly refused: readonly ChangedCalls[];
  /** Calls that were refused and would be allowed. */
  readonly allowed: readonly ChangedCalls[];
  /** The methods of each role that cover what was allowed and used, and no more. */
  readonly leastRoles: Readonly<Record<string, readonly string[]>>;
  /** How many recorded calls were decided on. */
  readonly calls: number;
}

/** Calls on which every policy decides alike. */
interface Group {
  readonly principal: TappedPrincipal | null;
  readonly method: string;
  readonly isAdminMethod: boolean;
  readonly wasAllowed: boolean;
  calls: number;
}

/**
 * Tries a policy.
 *
 * @param policy The policy.
 * @param recorded The calls.
 * @returns What it would change.
 */
export function tryPolicy(policy: CompiledPolicy, recorded: readonly TappedCall[]): PolicyTrial {
  const groups = groupsOf(recorded);
  const refused: ChangedCalls[] = [];
  const allowed: ChangedCalls[] = [];
  for (const { principal, method, isAdminMethod, wasAllowed, calls } of groups) {
    const decision = policy.decide(principal, method, isAdminMethod);
    if (decision.allowed === wasAllowed) continue;
    const { reason } = decision;
    const changed = { principal: principal?.name ?? null, method, calls, reason };
    (wasAllowed ? refused : allowed).push(changed);
  }
  const calls = groups.reduce((sum, group) => sum + group.calls, 0);
  return { refused, allowed, leastRoles: leastRolesOf(policy, groups), calls };
}

function groupsOf(recorded: readonly TappedCall[]): Group[] {
  const groups = new Map<string, Group>();
  for (const { principal, method, admin, error } of recorded) {
    if (method === UNKNOWN_METHOD) continue; // there is nothing to decide on
    const wasAllowed = error !== "permission_denied" && error !== "unauthenticated";
    const { name, kind, roles, scopes } = principal ?? {};
    const key = JSON.stringify([name, kind, roles, scopes, method, wasAllowed]);
    const group = groups.get(key) ??
      { principal, method, isAdminMethod: admin === true, wasAllowed, calls: 0 };
    group.calls++;
    groups.set(key, group);
  }
  return [...groups.values()];
}

/**
 * A caller with one role needs its methods there. One with several needs a role for a method only
 * where none of them has it already: the first that the policy gives it, or the first of all.
 */
function leastRolesOf(
  policy: CompiledPolicy,
  groups: readonly Group[],
): Record<string, readonly string[]> {
  const least = new Map<string, Set<string>>();
  const used = groups.filter(({ principal, method, isAdminMethod, wasAllowed }) =>
    wasAllowed && principal !== null && principal.kind !== "local" &&
    !policy.decide({ name: principal.name, roles: [] }, method, isAdminMethod).allowed
  );
  const byRoles = used.toSorted((left, right) => rolesOf(left).length - rolesOf(right).length);
  for (const group of byRoles) {
    const roles = rolesOf(group);
    const { method, isAdminMethod } = group;
    if (roles.some((role) => least.get(role)?.has(method))) continue;
    const role = roles.find((each) =>
      policy.decide({ name: "", roles: [each] }, method, isAdminMethod).allowed
    ) ?? roles[0];
    if (role !== undefined) {
      least.set(role, (least.get(role) ?? new Set()).add(method));
    }
  }
  return Object.fromEntries(
    [...least].sort().map(([role, methods]) => [role, [...methods].sort()]),
  );
}

function rolesOf({ principal }: Group): readonly string[] {
  return principal?.roles ?? [];
}
