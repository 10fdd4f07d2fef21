/**
 * What happens in queues, and how they stand.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type { QueueEvent, QueueState } from "../../messages/mod.ts";
import type { MetricsRegistry } from "./registry.ts";

/**
 * Registers what happens to the messages of queues.
 *
 * @param registry Where it is counted.
 * @returns What queues tell of it: the queue, the event, and how often.
 */
export function countQueueEvents(
  registry: MetricsRegistry,
): (queue: string, event: QueueEvent, count: number) => void {
  const messages = registry.counter({
    name: "dari.queue.messages",
    help: "What happened to messages of queues: put, taken, acked, died and others.",
    labels: ["queue", "event"],
  });
  return (queue, event, count) => messages.of(queue, event).add(count);
}

/** What {@linkcode queueMetrics} works with. */
export interface QueueMetricsOptions {
  /** Reads how the queues stand. */
  readonly look: () => Promise<readonly QueueState[]>;
  /** The time of the queues, in milliseconds since the epoch. */
  readonly now: () => number;
  /** How often they are looked at, in milliseconds. @default {5_000} */
  readonly periodMs?: number | undefined;
}

/** The states of messages as their label has them. */
const STATES = ["waiting", "delayed", "leased", "dead"] as const;

/**
 * Registers how queues stand. One thread does so for all: the numbers of threads are added up.
 *
 * @param registry Where it is registered.
 * @param options Where the queues are.
 * @returns Ends the looks at them.
 */
export async function queueMetrics(
  registry: MetricsRegistry,
  { look, now, periodMs = limits.queueDepthEveryMs }: QueueMetricsOptions,
): Promise<Disposable> {
  let states: readonly QueueState[] = [];
  const lookAgain = async () => {
    states = await look().catch(() => states); // the store is busy: the last look still says more
  };
  await lookAgain();
  const timer = setInterval(() => void lookAgain(), periodMs);
  Deno.unrefTimer(timer);
  const all = new DisposableStack();
  all.defer(() => clearInterval(timer));
  all.use(registry.observe(
    "gauge",
    {
      name: "dari.queue.depth",
      help: "Messages of a queue by their state.",
      labels: ["queue", "state"],
    },
    () => states.flatMap((one) => STATES.map((state) => [[one.name, state], one[state]] as const)),
  ));
  all.use(registry.observe("gauge", {
    name: "dari.queue.size",
    help: "Bytes of the messages of a queue, dead letters left aside.",
    unit: "By",
    labels: ["queue"],
  }, () => states.map(({ name, bytes }) => [[name], bytes] as const)));
  all.use(registry.observe("gauge", {
    name: "dari.queue.oldest.age",
    help: "How long the oldest message waits that can be taken.",
    unit: "s",
    labels: ["queue"],
  }, () =>
    states.map(({ name, oldestAtMs }) => {
      const age = oldestAtMs === undefined ? 0 : Math.max(0, now() - oldestAtMs);
      return [[name], age / 1_000] as const;
    })));
  return all;
}
