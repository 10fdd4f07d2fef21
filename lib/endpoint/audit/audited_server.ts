/**
 * What of a server's thread is audited: what its gate decides, and whom its listeners refuse.
 *
 * @module
 */

import type { Policy } from "../../auth/policy/policy.ts";
import type { Gate } from "../../auth/sign_in/gate.ts";
import type { Identity } from "../../auth/sign_in/identity.ts";
import type { AuditEvent } from "../../ops/audit/audit.ts";
import type { AuditLog } from "../../ops/audit/audit_log.ts";
import { auditedGate, refusalsTo, refusedConnections } from "../../ops/audit/witness.ts";
import type { Log } from "../../ops/log.ts";
import type { Observer } from "../../rpc/observer.ts";

/** What {@linkcode auditServer} works with. */
export interface AuditedParts {
  /** The log, which hears of refused clients as well. */
  readonly log: Log;
  /** The accounts, and the gate over them. */
  readonly identity: Pick<Identity, "accounts" | "gate">;
  /** Where it is written. */
  readonly audit: AuditLog;
}

/** What a server is given so that it is audited. */
export interface AuditedServer {
  /** The gate, whose decisions are audited. */
  readonly gate: Gate;
  /** Hears of clients that a listener refused: their address, and why. */
  readonly onRefused: (address: string, reason: string) => void;
  /** Hears of refused connections. */
  readonly observers: readonly Observer[];
}

/**
 * Audits a server, or one thread of it.
 *
 * @param parts Log, accounts and audit.
 */
export function auditServer({ log, identity, audit }: AuditedParts): AuditedServer {
  const isAccount = (name: string) => identity.accounts.get(name).then(() => true);
  return {
    gate: auditedGate(identity.gate, audit, isAccount),
    onRefused: refusalsTo(log, audit),
    observers: [refusedConnections(audit)],
  };
}

/**
 * Audits each policy that is taken up, before it holds.
 *
 * @param audit Where it is written.
 * @param use Takes a policy up.
 * @returns The same, with a record of what changed by name.
 */
export function auditedPolicy(
  audit: Pick<AuditLog, "note">,
  use: (policy: Policy) => void,
): (policy: Policy, before: Policy) => void {
  return (policy, before) => {
    audit.note(policyChanged(before, policy));
    use(policy);
  };
}

function policyChanged(before: Policy, now: Policy): AuditEvent {
  const members = changedMembers(before, now).filter((name) => name !== "roles");
  const roles = changedMembers(before.roles ?? {}, now.roles ?? {});
  return { kind: "policy.changed", about: "policy.json", data: { roles, members } };
}

function changedMembers(before: object, now: object): string[] {
  const [old, fresh] = [before, now] as Record<string, unknown>[];
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...names].filter((name) => JSON.stringify(old![name]) !== JSON.stringify(fresh![name]));
}
