/**
 * The store of a server, with its queues, topics and the ledger of its certificates.
 *
 * @module
 */

import { ambientCall } from "../../base/context/ambient_call.ts";
import { type Clock, systemClock } from "../../base/clock.ts";
import type { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { WriteLog } from "../../base/text/write_log.ts";
import { type Ledger, openStoreLedger } from "../../cert/ledger/ledger.ts";
import { openRevocations } from "../../cert/ledger/revocations.ts";
import type { ClusterFile } from "../../endpoint/store/cluster_file.ts";
import { openSharedMessages, type SharedMessages } from "../../endpoint/store/shared_messages.ts";
import { openDataStore } from "../../endpoint/store/shared_store.ts";
import { EmbeddedQueues, EmbeddedTopics } from "../../messages/mod.ts";
import { AuditLog } from "../../ops/audit/audit_log.ts";
import type { InstanceState } from "../../cluster/service/discovery.ts";
import type { ClusterStore } from "../../cluster/store/cluster_store.ts";
import type { MetricsRegistry } from "../../ops/metrics/registry.ts";
import {
  countQueueEvents,
  countTopicEvents,
  subscriptionMetrics,
} from "../../ops/metrics/message_metrics.ts";
import {
  measuredStore,
  sharedMessagesMetrics,
  sharedStoreMetrics,
} from "../../ops/metrics/store_metrics.ts";
import type { SqliteStore, Store } from "../../store/mod.ts";

/** What a server keeps in its data directory. Disposing closes all of it. */
export interface ServerStore extends AsyncDisposable {
  /** Accounts, sessions, keys; those of the cluster where the directory belongs to one. */
  readonly store: Store;
  /** The directory's own store, with tables beside its entries. */
  readonly tables: SqliteStore;
  /** The store of the cluster, where the directory belongs to one. */
  readonly shared: ClusterStore | undefined;
  /** The records of what happens, in the directory's file. */
  readonly audit: AuditLog;
  /** How well the messages of the cluster are followed, where the directory belongs to one. */
  readonly following: Pick<SharedMessages, "figures"> | undefined;
  /** The queues: of the cluster where the directory belongs to one, and otherwise in its file. */
  readonly queues: EmbeddedQueues;
  /** The topics, beside the queues. */
  readonly topics: EmbeddedTopics;
  /** The certificates that were issued. */
  readonly ledger: Ledger;
  /** Rejects when the server cannot go on: the store's file is gone, or the cluster has put it out. */
  readonly lost: Promise<never>;
  /** Says that the server cannot go on, and why. */
  readonly onLost: (error: DariError) => void;
  /** Whether a certificate is revoked. */
  isCertificateRevoked(certificate: { readonly serial: string }): boolean;
}

/**
 * How old what a server knows of its cluster may be, as it tells those who ask.
 *
 * @param kept What the server keeps.
 */
export function stalenessOf(
  { shared, following }: Pick<ServerStore, "shared" | "following">,
): Pick<InstanceState, "storeStalenessMs" | "messagesStalenessMs"> {
  return {
    storeStalenessMs: shared?.figures.stalenessMs,
    messagesStalenessMs: following?.figures.stalenessMs,
  };
}

/** What {@linkcode openServerStore} works with beside the directory. */
export interface ServerStoreOptions {
  /** Where its times, and what happens in its queues and topics, are registered if they are measured. */
  readonly registry?: MetricsRegistry;
  /** Hears that the audit cannot be written or the cluster not be reached, and that they can again. */
  readonly tell?: WriteLog;
  /** Which thread of the server it is; each follows the cluster's messages by itself. @default {0} */
  readonly thread?: number;
  /** Where the time comes from. @default {systemClock} */
  readonly clock?: Clock;
  /** Where the servers of the cluster meet. @default {what the directory remembers} */
  readonly cluster?: ClusterFile | undefined;
  /**
   * Whether the audit is brought where those of all servers of the cluster are: by one thread of one
   * program.
   *
   * @default {false}
   */
  readonly bringsAudit?: boolean;
}

/**
 * Opens the store of a server.
 *
 * @param data The data directory.
 * @param options Metrics, clock, and who hears of trouble.
 * @returns What is in it; the caller disposes of it.
 * @throws {DariError} `io`, `configuration` and `data` for a store or a ledger that cannot be used,
 * `unavailable` where the cluster's store is not reached.
 */
export async function openServerStore(
  data: string,
  { registry, tell, thread, clock = systemClock, cluster, bringsAudit = false }:
    ServerStoreOptions = {},
): Promise<ServerStore> {
  await using opening = new AsyncDisposableStack();
  const { promise: lost, reject: onLost } = Promise.withResolvers<never>();
  lost.catch(() => {}); // it may come before anybody waits for it
  const storeFile = `${data}/${limits.storeFile}`;
  // What no call does is done by the server itself: a renewal, the end of a session.
  const actor = () => ambientCall()?.carried.caller ?? "server";
  const onFresh = (isFresh: boolean) =>
    isFresh ? tell?.("The cluster's store can be reached again", "info") : tell?.(
      "The cluster's store cannot be reached: what decides about rights is refused, and signed-in " +
        "connections end",
      "warn",
    );
  const opened = opening.use(await openDataStore(data, { onFresh, onLost, actor, clock, cluster }));
  const { store, tables, shared } = opened;
  if (registry !== undefined && shared !== undefined && bringsAudit) {
    sharedStoreMetrics(registry, shared.figures);
  }
  const carrying = opening.use(new AsyncDisposableStack()); // it ends after the last record
  const audit = opening.use(new AuditLog(tables, { actor, clock, tell }));
  if (bringsAudit) {
    const { carryAudit } = await import("../cluster/carried_audit.ts");
    await carryAudit(opened, carrying, { data, audit, clock, tell, registry });
  }
  const following = opening.use(
    await openSharedMessages(data, tables, { thread, clock, onLost, tell }),
  );
  if (registry !== undefined && following !== undefined && bringsAudit) {
    sharedMessagesMetrics(registry, following);
  }
  const queues = opening.use(
    new EmbeddedQueues(following?.store ?? tables, {
      ...{ audit, clock },
      onEvent: registry && countQueueEvents(registry),
      onTopicEvent: registry && countTopicEvents(registry),
    }),
  );
  const topics = opening.use(new EmbeddedTopics(queues));
  await following?.start();
  if (registry !== undefined) {
    opening.use(subscriptionMetrics(registry, () => topics.subscriptionsByTopic));
  }
  const ledger = opening.use(
    openStoreLedger(store, { directory: data, ...(shared === undefined && { storeFile }) }),
  );
  const revocations = opening.use(await openRevocations(ledger));
  const owned = opening.move();
  return {
    store: registry === undefined ? store : measuredStore(store, registry),
    tables,
    shared,
    audit,
    following,
    queues,
    topics,
    ledger,
    ...{ lost, onLost },
    isCertificateRevoked: ({ serial }) => revocations.isRevoked(serial),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
