/**
 * How long a store takes, and how well that of a cluster is followed.
 *
 * @module
 */

import type { Store } from "../../store/store.ts";
import type { MetricsRegistry } from "./registry.ts";

/** Upper bounds for what a store takes, in seconds. */
const STORE_BUCKETS: readonly number[] = [
  .000_05,
  .000_1,
  .000_25,
  .000_5,
  .001,
  .0025,
  .005,
  .01,
  .025,
  .05,
  .1,
  .5,
  1,
];

/**
 * Measures a store.
 *
 * @param store The store.
 * @param registry Where its times are registered.
 * @param monotonic Where they come from, in milliseconds.
 * @returns The store, whose reads and writes are measured, failures included.
 */
export function measuredStore(
  store: Store,
  registry: MetricsRegistry,
  monotonic: () => number = () => performance.now(),
): Store {
  const times = registry.histogram({
    name: "dari.store.duration",
    help: "How long reads and writes of the store took.",
    unit: "s",
    labels: ["operation"],
    bounds: STORE_BUCKETS,
  });
  const measured = async <T>(operation: string, work: () => Promise<T>): Promise<T> => {
    const begun = monotonic();
    try {
      return await work();
    } finally {
      times.of(operation).record((monotonic() - begun) / 1_000);
    }
  };
  return {
    get: (key) => measured("get", () => store.get(key)),
    put: (key, value, options) => measured("put", () => store.put(key, value, options)),
    delete: (key, options) => measured("delete", () => store.delete(key, options)),
    list: (prefix) => measured("list", () => store.list(prefix)),
    batch: (operations) => measured("batch", () => store.batch(operations)),
    watch: (prefix, listener) => store.watch(prefix, listener),
    close: () => store.close(),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

/** How far the audit of this server has been brought where those of all servers are. */
export interface BroughtAuditFigures {
  /** How many records wait. */
  readonly waiting: number;
  /** How long the oldest of them has waited, in milliseconds. */
  readonly lagMs: number;
}

/**
 * Registers how far the audit of a server of a cluster has been brought.
 *
 * @param registry Where it is registered.
 * @param figures Where it is read.
 */
export function broughtAuditMetrics(registry: MetricsRegistry, figures: BroughtAuditFigures): void {
  registry.observe("gauge", {
    name: "dari.audit.stream.waiting",
    help: "Records of the audit that are not in the cluster's stream yet.",
  }, () => figures.waiting);
  registry.observe("gauge", {
    name: "dari.audit.stream.lag",
    help: "How long the oldest record has waited that is not in the cluster's stream yet.",
    unit: "s",
  }, () => figures.lagMs / 1_000);
}

/** How well the store of a cluster is followed. */
export interface SharedStoreFigures {
  /** How old what is known may be, in milliseconds. */
  readonly stalenessMs: number;
  /** How long after the last message was in the log it was taken here, in milliseconds. */
  readonly lagMs: number;
  /** How many entries there are. */
  readonly entries: number;
  /** The newest form of records that all servers understand. */
  readonly form: number;
  /** Messages that were passed over, by the reason. */
  readonly passed: Readonly<Record<string, number>>;
}

/**
 * Registers how well the store of a cluster is followed. One thread does so for all: the numbers of
 * threads are added up.
 *
 * @param registry Where it is registered.
 * @param figures Where it is read.
 */
export function sharedStoreMetrics(registry: MetricsRegistry, figures: SharedStoreFigures): void {
  registry.observe("gauge", {
    name: "dari.store.staleness",
    help: "How old what is known of the cluster's store may be; past 10 s it refuses everything.",
    unit: "s",
  }, () => figures.stalenessMs / 1_000);
  registry.observe("gauge", {
    name: "dari.store.fold.lag",
    help: "How long after the last message was in the cluster's log it was taken here.",
    unit: "s",
  }, () => figures.lagMs / 1_000);
  registry.observe("gauge", {
    name: "dari.store.entries",
    help: "Entries of the cluster's store.",
  }, () => figures.entries);
  registry.observe("gauge", {
    name: "dari.store.form",
    help: "The newest form of records that all servers of the cluster understand.",
  }, () => figures.form);
  registry.observe("counter", {
    name: "dari.store.passed_over",
    help: "Messages in the cluster's log that were not taken: forged, repeated or late.",
    labels: ["reason"],
  }, () => Object.entries(figures.passed).map(([reason, count]) => [[reason], count] as const));
}

/** How well the queues, jobs and topics of a cluster are followed. */
export interface SharedMessagesFigures extends Omit<SharedStoreFigures, "entries"> {
  /** Bytes of the tables. */
  readonly bytes: number;
  /** Operations that were applied. */
  readonly applied: { readonly operations: number };
}

/**
 * Registers how well the queues, jobs and topics of a cluster are followed. One thread does so for all.
 *
 * @param registry Where it is registered.
 * @param of Where it is read.
 */
export function sharedMessagesMetrics(
  registry: MetricsRegistry,
  of: { readonly figures: SharedMessagesFigures },
): void {
  registry.observe("gauge", {
    name: "dari.messages.staleness",
    help:
      "How old what is known of the cluster's queues may be; past 10 s reading them is refused.",
    unit: "s",
  }, () => of.figures.stalenessMs / 1_000);
  registry.observe("gauge", {
    name: "dari.messages.lag",
    help:
      "How long after the last message was in the log of the cluster's queues it was taken here.",
    unit: "s",
  }, () => of.figures.lagMs / 1_000);
  registry.observe("gauge", {
    name: "dari.messages.file.size",
    help: "What queues, jobs and topics of the cluster take at this server.",
    unit: "By",
  }, () => of.figures.bytes);
  registry.observe("gauge", {
    name: "dari.messages.form",
    help: "The newest rules of operations on queues that all servers of the cluster understand.",
  }, () => of.figures.form);
  registry.observe("counter", {
    name: "dari.messages.applied",
    help: "Operations on queues, jobs and topics of the cluster that were applied, of all servers.",
  }, () => of.figures.applied.operations);
  registry.observe("counter", {
    name: "dari.messages.passed_over",
    help:
      "Messages in the log of the cluster's queues that were not taken: forged, repeated or late.",
    labels: ["reason"],
  }, () => Object.entries(of.figures.passed).map(([reason, count]) => [[reason], count] as const));
}
