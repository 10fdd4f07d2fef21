/**
 * The audit of a server of a cluster, which is brought where those of all its servers are.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import type { WriteLog } from "../../base/text/write_log.ts";
import { AuditStream } from "../../cluster/audit/audit_stream.ts";
import { openAuditSigner } from "../../endpoint/audit/audit_signing.ts";
import { AuditWitness } from "../../endpoint/audit/audit_witness.ts";
import { AuditCarrier } from "../../endpoint/audit/audit_carrier.ts";
import type { DataStore } from "../../endpoint/store/shared_store.ts";
import type { Audit } from "../../ops/audit/audit.ts";
import type { MetricsRegistry } from "../../ops/metrics/registry.ts";
import { broughtAuditMetrics } from "../../ops/metrics/store_metrics.ts";
import { serverNameOf } from "./server_name.ts";

/** What an audit is brought with. */
export interface CarriedAuditParts {
  /** The data directory. */
  readonly data: string;
  /** The audit. */
  readonly audit: Pick<Audit, "note">;
  /** Where the time comes from. */
  readonly clock: Clock;
  /** Hears of trouble. */
  readonly tell: WriteLog | undefined;
  /** Where it is registered how far the audit has come. */
  readonly registry: MetricsRegistry | undefined;
}

/**
 * Begins to bring the audit of a data directory; nothing is done in one that belongs to no cluster.
 *
 * @param opened The store of the directory.
 * @param owned Ends it, before the store is closed.
 * @param parts What it is brought with.
 */
export async function carryAudit(
  { tables, shared, cluster }: DataStore,
  owned: AsyncDisposableStack,
  { data, registry, ...parts }: CarriedAuditParts,
): Promise<void> {
  if (shared === undefined || cluster === undefined) return;
  const server = await serverNameOf(data) ?? "a server without a name";
  const stream = owned.use(new AuditStream(cluster));
  owned.use(
    new AuditWitness({
      ...{ tables, stream, store: shared, clock: parts.clock, tell: parts.tell },
      signer: () => openAuditSigner(data, parts.clock),
    }),
  );
  const carrier = owned.use(new AuditCarrier({ ...parts, tables, stream, store: shared, server }));
  if (registry !== undefined) broughtAuditMetrics(registry, carrier);
}
