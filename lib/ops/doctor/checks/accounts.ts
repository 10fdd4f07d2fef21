/**
 * Accounts and API keys that are weak, unused or about to end.
 *
 * @module
 */

import { limits } from "../../../base/limits.ts";
import type { Finding } from "../../finding/finding.ts";
import { broken, type Check } from "../patient/check.ts";
import type { AccountFact, ApiKeyFact } from "../patient/patient.ts";
import { quote } from "./files.ts";

const rules = {
  "store-unreadable": {
    severity: "critical",
    title: "The store cannot be read",
    help: "Mend what the message names; restore a backup only where the store is damaged.",
  },
  "store-unreachable": {
    severity: "critical",
    title: "The store of the cluster cannot be opened",
    help: "Make its NATS servers reachable, or restore their stream.",
  },
  "policy-invalid": {
    severity: "high",
    title: "policy.json cannot be used",
    help: "Mend the file; a server does not start with it.",
  },
  "password-weak": {
    severity: "medium",
    title: "A password is kept with fewer iterations than today's",
    help: "It is strengthened when its owner signs in by password next.",
  },
  "admin-unused": {
    severity: "medium",
    title: "An administrator's account is not used",
    help: "Disable it.",
  },
  "key-unused": {
    severity: "low",
    title: "An API key is not used",
    help: "Revoke it.",
  },
  "key-endless": {
    severity: "info",
    title: "An API key never expires",
    help: "Create keys with --days.",
  },
  "key-expires-soon": {
    severity: "low",
    title: "An API key expires soon",
    help: "Create another one in time.",
  },
} as const;

/** Accounts, keys and the policy. */
export const accounts: Check<keyof typeof rules> = {
  subject: "accounts, keys and policy",
  rules,
  look: ({ identity, policyFault, cluster, nowMs }) => {
    const policy = policyFault === undefined
      ? []
      : [broken(rules, "policy-invalid", `${policyFault}.`)];
    if ("unknown" in identity) {
      const rule = cluster === undefined ? "store-unreadable" : "store-unreachable";
      return [...policy, broken(rules, rule, `${identity.unknown}.`)];
    }
    const { accounts, keys } = identity.value;
    return [
      ...policy,
      ...accounts.filter(({ isActive }) => isActive).flatMap((one) => accountFaults(one, nowMs)),
      ...keys.flatMap((key) => keyFaults(key, nowMs)),
    ];
  },
};

function accountFaults(account: AccountFact, nowMs: number): Finding[] {
  const { name, isAdmin, iterations, createdAtMs, lastUsedAtMs } = account;
  const found: Finding[] = [];
  if (iterations !== undefined && iterations < limits.passwordIterations) {
    const message =
      `The password of "${name}" is kept with ${iterations} iterations; today's are ` +
      `${limits.passwordIterations}.`;
    const remedy = `dari user passwd ${quote(name)}, or "${name}" signs in by password`;
    found.push(broken(rules, "password-weak", message, remedy));
  }
  if (isAdmin && nowMs - (lastUsedAtMs ?? createdAtMs) > limits.unusedAfterMs) {
    const message = `The administrator "${name}" ${since(lastUsedAtMs)}.`;
    found.push(broken(rules, "admin-unused", message, `dari user disable ${quote(name)}`));
  }
  return found;
}

function keyFaults(key: ApiKeyFact, nowMs: number): Finding[] {
  const { id, account, name, createdAtMs, expiresAtMs, lastUsedAtMs } = key;
  const what = `The API key "${name}" of "${account}"`;
  if (nowMs - (lastUsedAtMs ?? createdAtMs) > limits.unusedAfterMs) {
    const message = `${what} ${since(lastUsedAtMs)}.`;
    return [broken(rules, "key-unused", message, `dari key revoke ${quote(id)}`)];
  }
  if (expiresAtMs === undefined) {
    return [broken(rules, "key-endless", `${what} never expires.`)];
  }
  if (expiresAtMs - nowMs >= limits.scanExpiryWarningMs) return [];
  const message = `${what} ends on ${new Date(expiresAtMs).toISOString()}.`;
  return [broken(rules, "key-expires-soon", message, `dari key create ${quote(account)}`)];
}

function since(lastUsedAtMs: number | undefined): string {
  if (lastUsedAtMs === undefined) return "was never used";
  return `was used last on ${new Date(lastUsedAtMs).toISOString().slice(0, 10)}`;
}
