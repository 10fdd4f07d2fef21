import fc from "fast-check";
import { sharedOf } from "../../lib/messages/embedded/shared_tables.ts";
import type { MessageWriter } from "../../lib/messages/operation/writer.ts";
import type { Replica } from "./replicas.ts";

/** Something that a server asks for; it gets what was given to takers before. */
export type RandomRequest = (writer: MessageWriter, given: Given) => Promise<unknown>;

/** Leases that were given, so that later requests answer them. */
export interface Given {
  readonly messages: { readonly queue: string; readonly lease: string; readonly number: number }[];
  readonly deliveries: { readonly topic: string; readonly group: string; readonly lease: string }[];
}

const queue = fc.constantFrom("emails", "images", "job:work");
const by = fc.constantFrom("alice", "bob");
const text = fc.constantFrom("a", "b", "c");
const perhaps = fc.option(text);
const which = fc.nat(20);

const message = fc.record({
  ...{ id: perhaps, key: perhaps, priority: fc.constantFrom(0, 0, 9) },
  delayMs: fc.constantFrom(0, 0, 500, 3_000),
  value: fc.constant('"x"'),
  types: fc.constant(null),
  bytes: fc.constant(3),
});

const settings = fc.constantFrom(
  ...[{ maxTries: 1 }, { rate: { count: 2, perMs: 1_000 } }, { concurrency: 2 }, {
    maxAgeMs: 2_000,
  }],
  ...[{ keyConcurrency: 2 }, { keyRate: { count: 1, perMs: 900 } }, { idMs: 100 }, {
    backoffMs: 100,
  }],
);

function picked<T>(list: readonly T[], at: number): T | undefined {
  return list.length === 0 ? undefined : list[at % list.length];
}

const ofQueues: fc.Arbitrary<RandomRequest>[] = [
  fc.tuple(queue, by, fc.array(message, { minLength: 1, maxLength: 3 })).map(
    ([queue, by, messages]) => (writer) => writer.write("queue.put", by, { queue, messages }),
  ),
  fc.tuple(queue, by, fc.integer({ min: 1, max: 3 }), fc.constantFrom(undefined, 800)).map(
    ([queue, by, max, leaseMs]) => async (writer, { messages }) => {
      const rows = await writer.write("queue.take", by, { queue, max, leaseMs });
      for (const { lease, number } of rows) messages.push({ queue, lease, number });
    },
  ),
  fc.tuple(fc.constantFrom("ack", "nack", "extend", "giveBack"), by, which, fc.boolean()).map(
    ([kind, by, at, dead]) => async (writer, { messages }) => {
      const found = picked(messages, at);
      if (found === undefined) return;
      const { queue, lease } = found;
      const more = kind === "nack" ? { dead, reason: "busy" } : {};
      await writer.write(`queue.${kind as "ack"}`, by, { queue, lease, ...more });
    },
  ),
  fc.tuple(queue, settings).map(
    ([queue, settings]) => (writer) =>
      writer.write("queue.configure", "alice", { queue, settings }),
  ),
  fc.tuple(queue, fc.boolean()).map(
    ([queue, paused]) => (writer) => writer.write("queue.pause", "alice", { queue, paused }),
  ),
  fc.tuple(queue, fc.boolean(), which).map(
    ([queue, dead, upTo]) => (writer) => writer.write("queue.purge", "bob", { queue, dead, upTo }),
  ),
  fc.tuple(queue, which).map(
    ([queue, upTo]) => (writer) => writer.write("queue.retryAll", "bob", { queue, upTo }),
  ),
];

const value = { value: "1", types: null, bytes: 1 };

const ofJobs: fc.Arbitrary<RandomRequest>[] = [
  fc.tuple(message, by).map(([message, by]) => (writer) =>
    writer.write("job.put", by, { method: "work", message, settings: { maxTries: 2 } })
  ),
  fc.tuple(fc.constantFrom("finish", "fail", "step", "progress"), by, which).map(
    ([kind, by, at]) => async (writer, { messages }) => {
      const found = picked(messages.filter(({ queue }) => queue === "job:work"), at);
      if (found === undefined) return;
      const answer = { job: found.number, method: "work", lease: found.lease };
      if (kind === "finish") {
        await writer.write("job.finish", by, { ...answer, result: value, keepMs: 1_000 });
      } else if (kind === "fail") {
        const error = { code: "internal", message: "no" };
        await writer.write("job.fail", by, { ...answer, error });
      } else if (kind === "step") {
        await writer.write("job.step", by, { ...answer, name: "one", given: value });
      } else await writer.write("job.progress", by, { ...answer, progress: value });
    },
  ),
  which.map((job) => (writer) => writer.write("job.cancel", "alice", { job, keepMs: 500 })),
  which.map((job) => (writer) => writer.write("job.retry", "alice", { job })),
];

const topicText = fc.constantFrom("orders.a", "orders.b");

const ofTopics: fc.Arbitrary<RandomRequest>[] = [
  fc.tuple(topicText, perhaps, by).map(([name, id, by]) => (writer) =>
    writer.write("topic.publish", by, { messages: [{ name, id, ...value }] })
  ),
  fc.constantFrom("orders.>", "orders.a").map((pattern) => (writer) => {
    const beginning = { kind: "first" } as const;
    return writer.write("topic.join", "alice", { topic: "orders", group: "g", pattern, beginning });
  }),
  fc.tuple(by, fc.constantFrom(300, 60_000)).map(
    ([by, leaseMs]) => async (writer, { deliveries }) => {
      const member = { topic: "orders", group: "g", member: by };
      const asked = { ...member, prefetch: 3, leaseMs, scanned: 0 };
      const rows = await writer.write("topic.deliver", by, asked);
      for (const { lease } of rows) deliveries.push({ topic: "orders", group: "g", lease });
    },
  ),
  fc.tuple(fc.constantFrom("ack", "nack", "extend"), by, which).map(
    ([kind, by, at]) => async (writer, { deliveries }) => {
      const found = picked(deliveries, at);
      if (found !== undefined) await writer.write(`topic.${kind as "ack"}`, by, found);
    },
  ),
  fc.tuple(by, fc.boolean()).map(([member, isLost]) => (writer) =>
    writer.write("topic.leave", member, { topic: "orders", group: "g", member, isLost })
  ),
  fc.constantFrom({ maxMessages: 3 }, { maxAgeMs: 700 }, { maxTries: 1 }).map(
    (settings) => (writer) => writer.write("topic.configure", "bob", { topic: "orders", settings }),
  ),
  which.map((upTo) => (writer) => writer.write("topic.purge", "bob", { topic: "orders", upTo })),
];

const ofEntries: fc.Arbitrary<RandomRequest>[] = [
  fc.tuple(text, fc.constantFrom(undefined, 0, 3), fc.constantFrom(undefined, 1_767_225_602_000))
    .map(([key, ifVersion, expiresAtMs]) => (writer) => {
      const step = { kind: "put", key, value: "1", ifVersion, expiresAtMs };
      return writer.write("store.batch", "alice", { steps: [step as never] });
    }),
  fc.tuple(text, by, which).map(([key, by, at]) => async (writer, { messages }) => {
    const lease = picked(messages, at);
    await writer.transact(by, (transaction) => {
      const before = transaction.get(key)?.value ?? "";
      transaction.put(key, (before + "x").slice(-5));
      if (before === "xxxx") transaction.delete(key);
      transaction.enqueue("emails", { value: before });
      transaction.publish("orders.a", { value: before });
    }, lease && { queue: lease.queue, lease: lease.lease });
  }),
];

/** Requests of all kinds, some that fail included. */
export const randomRequest: fc.Arbitrary<RandomRequest> = fc.oneof(
  ...ofQueues,
  ...ofJobs,
  ...ofTopics,
  ...ofEntries,
);

/** What writes for a server. */
export function writerOf({ store }: Replica): MessageWriter {
  return sharedOf(store)!.open({ onCommitted() {}, onReset() {} });
}
