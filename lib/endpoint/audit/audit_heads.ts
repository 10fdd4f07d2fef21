/**
 * How far the audit of each server of a cluster has come, in the store that they share: so an audit that is
 * missing where all of them are, or ends too early there, is known.
 *
 * @module
 */

import type { SeenState } from "../../ops/audit/servers/seen_audit.ts";
import type { KnownAudit, WitnessedAudit } from "../../ops/audit/servers/verify_servers.ts";
import type { Store } from "../../store/store.ts";

/** The keys of all of them begin with it. */
export const AUDIT_HEADS = "audit-head/";
/** Below it is what was signed of each by a server that can. */
const SIGNED = `${AUDIT_HEADS}signed/`;

/** An audit as far as a server has seen it come, and has signed it. */
export interface SignedAudit extends WitnessedAudit {
  /** What was seen, to go on with. */
  readonly seen: SeenState;
  /** The last message of the stream that was looked at. */
  readonly sequence: number;
}

/**
 * Notes how far an audit has come.
 *
 * @param store The store of the cluster.
 * @param head How far.
 */
export async function writeAuditHead(
  store: Pick<Store, "put">,
  { log, ...head }: KnownAudit,
): Promise<void> {
  await store.put(`${AUDIT_HEADS}${log}`, JSON.stringify(head));
}

/**
 * Reads how far the audits have come.
 *
 * @param store The store of the cluster.
 */
export async function readAuditHeads(store: Pick<Store, "list">): Promise<KnownAudit[]> {
  const entries = (await store.list(AUDIT_HEADS)).filter(({ key }) => !key.startsWith(SIGNED));
  return entries.map(({ key, value }) => ({
    ...JSON.parse(value),
    log: key.slice(AUDIT_HEADS.length),
  }));
}

/**
 * Notes what was signed of an audit.
 *
 * @param store The store of the cluster.
 * @param signed The audit.
 */
export async function writeSignedAudit(
  store: Pick<Store, "put">,
  { log, ...signed }: SignedAudit,
): Promise<void> {
  await store.put(`${SIGNED}${log}`, JSON.stringify(signed));
}

/**
 * Reads what was signed of an audit.
 *
 * @param store The store of the cluster.
 * @param log The audit's name.
 */
export async function readSignedAudit(
  store: Pick<Store, "get">,
  log: string,
): Promise<SignedAudit | undefined> {
  const entry = await store.get(`${SIGNED}${log}`);
  return entry === null ? undefined : { log, ...JSON.parse(entry.value) };
}

/**
 * Reads what was signed of all audits.
 *
 * @param store The store of the cluster.
 */
export async function readSignedAudits(store: Pick<Store, "list">): Promise<SignedAudit[]> {
  const entries = await store.list(SIGNED);
  return entries.map(({ key, value }) => ({ log: key.slice(SIGNED.length), ...JSON.parse(value) }));
}
