/**
 * What of a server's thread is audited: what its gate decides, and whom its listeners refuse.
 *
 * @module
 */

import type { Policy } from "../../auth/policy/policy.ts";
import type { Gate } from "../../auth/sign_in/gate.ts";
import type { Identity } from "../../auth/sign_in/identity.ts";
import type { AuditLog } from "../../ops/audit/audit_log.ts";
import { queryRecords } from "../../ops/audit/reading/query.ts";
import { parseRecord } from "../../ops/audit/record.ts";
import { auditedGate, refusalsTo, refusedConnections } from "../../ops/audit/witness.ts";
import type { Log } from "../../ops/log.ts";
import type { Observer } from "../../rpc/observer.ts";
import type { SqliteStore } from "../../store/store.ts";
import { digestsIn, digestsOf, policyChange, type PolicyDigests } from "./policy_change.ts";

const POLICY_CHANGED = "policy.changed";
const POLICY_FILE = "policy.json";

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
    const data = policyChange(digestsOf(before), digestsOf(policy));
    audit.note({ kind: POLICY_CHANGED, about: POLICY_FILE, data });
    use(policy);
  };
}

/**
 * Records that a policy is another one than the last that a server had: it was changed while none ran, so
 * nobody knows who did it.
 *
 * @param parts The records so far, and where it is written.
 * @param policy The policy with which the server begins.
 */
export async function notePolicy(
  { tables, audit }: {
    readonly tables: Pick<SqliteStore, "query">;
    readonly audit: Pick<AuditLog, "note">;
  },
  policy: Policy,
): Promise<void> {
  const [last] = await tables.query((sql) => queryRecords(sql, { kind: POLICY_CHANGED, limit: 1 }));
  const [before, now] = [digestsBefore(last?.text), digestsOf(policy)];
  if (now.digest === before.digest) return;
  const data = { ...policyChange(before, now), during: "no server ran" };
  audit.note({ kind: POLICY_CHANGED, by: "unknown", about: POLICY_FILE, data });
}

/** What a record has of the last policy; that of the policy without a file, where there is none. */
function digestsBefore(text: string | undefined): PolicyDigests {
  if (text === undefined) return digestsOf({});
  try {
    return digestsIn(parseRecord(text).data);
  } catch {
    return digestsIn(undefined); // a record that cannot be read; dari audit verify names it
  }
}
