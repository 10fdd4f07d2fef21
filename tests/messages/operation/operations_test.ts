import { assert, assertEquals, assertThrows } from "@std/assert";
import { encodeHex } from "@std/encoding/hex";
import fc from "fast-check";
import { DariError } from "../../../lib/base/errors.ts";
import { OPERATION_RULES } from "../../../lib/messages/operation/operation.ts";
import { findOperation, operations } from "../../../lib/messages/operation/operations.ts";
import { TestClock } from "../../support/clock.ts";
import { type Given, randomRequest, writerOf } from "../../support/random_operations.ts";
import { Replicas, rowsOf } from "../../support/replicas.ts";

Deno.test("every operation refuses args that are none of its own", () => {
  for (const name of Object.keys(operations)) {
    const { args } = findOperation(name)!;
    for (const bad of [null, 7, [], { nothing: "known" }]) {
      assertThrows(() => args(bad, "args"), DariError, "args");
    }
  }
});

Deno.test("findOperation() finds names of the table alone", () => {
  assert(findOperation("queue.put") !== undefined);
  for (const name of ["toString", "__proto__", "queue", ""]) {
    assertEquals(findOperation(name), undefined);
  }
});

/** What a server is asked for, one of each kind that a limit or an order decides. */
const SCRIPT: readonly [name: string, args: Record<string, unknown>][] = [
  ["queue.configure", { queue: "emails", settings: { maxTries: 2, keyConcurrency: 1 } }],
  ["queue.put", { queue: "emails", messages: ["a", "a", "b", null].map((key) => stored({ key })) }],
  ["queue.put", {
    queue: "emails",
    messages: [stored({ id: "x", priority: 9 }), stored({ id: "x" })],
  }],
  ["queue.put", { queue: "emails", messages: [stored({ delayMs: 2_000 })] }],
  ["queue.take", { queue: "emails", max: 3, leaseMs: 1_000 }],
  ["job.put", { method: "work", message: stored({}), settings: { maxTries: 3 } }],
  ["queue.take", { queue: "job:work", max: 1 }],
  ["queue.take", { queue: "emails", max: 5 }],
  ["queue.purge", { queue: "emails", dead: false, upTo: 2 }],
  ["topic.configure", { topic: "orders", settings: { maxMessages: 2 } }],
  ["topic.publish", { messages: [..."abc"].map((name) => published(`orders.${name}`)) }],
  ["topic.join", {
    topic: "orders",
    group: "g",
    pattern: "orders.>",
    beginning: { kind: "first" },
  }],
  ["topic.deliver", {
    ...{ topic: "orders", group: "g", member: "m" },
    ...{ prefetch: 2, leaseMs: 1_000, scanned: 0 },
  }],
  ["store.batch", { steps: [{ kind: "put", key: "app/a", value: "1", expiresAtMs: 1 }] }],
];

function stored(more: Record<string, unknown>) {
  const message = { value: "1", types: null, bytes: 1, id: null, key: null };
  return { ...message, priority: 0, delayMs: 0, ...more };
}

function published(name: string) {
  return { name, value: "1", types: null, bytes: 1, id: null };
}

Deno.test("operations give what they gave before, or OPERATION_RULES has grown", async () => {
  const clock = new TestClock();
  await using replicas = await Replicas.open(clock);
  const server = await replicas.start();
  for (const [at, [name, args]] of SCRIPT.entries()) {
    const seed = new Uint8Array(32).fill(at);
    server.write({ seed, operations: [{ name, by: "alice", args }] });
    clock.advance(500);
  }
  await replicas.idle();
  const all = Object.entries(await rowsOf(server.file));
  const rows = all.filter(([table]) => /^(queue|job|topic|entries)/.test(table));
  const bytes = new TextEncoder().encode(JSON.stringify(rows));
  const hash = encodeHex(await crypto.subtle.digest("SHA-256", bytes)).slice(0, 16);
  // Servers of two versions apply the same log: where this differs, their tables would.
  assertEquals([OPERATION_RULES, hash], [1, "b34b9f83f2779efd"]);
});

Deno.test("whatever servers ask for, and however late they follow, all have the same rows", async () => {
  const group = fc.record({
    requests: fc.array(randomRequest, { minLength: 1, maxLength: 4 }),
    isFirst: fc.boolean(),
    isFollowing: fc.boolean(),
    passesMs: fc.constantFrom(0, 100, 1_000, 5_000),
  });
  const groups = fc.array(group, { minLength: 10, maxLength: 25 });
  const hourMs = fc.integer({ min: -3_600_000, max: 3_600_000 });
  await fc.assert(
    fc.asyncProperty(groups, hourMs, async (groups, wrongMs) => {
      const clocks = [new TestClock(), new TestClock(new TestClock().now() + wrongMs)];
      await using replicas = await Replicas.open(clocks[0]!);
      const servers = [await replicas.start(clocks[0]), await replicas.start(clocks[1])];
      const given: Given = { messages: [], deliveries: [] };
      for (const { requests, isFirst, isFollowing, passesMs } of groups) {
        const [asked, other] = isFirst ? servers : servers.toReversed();
        other!.isFollowing = isFollowing;
        const writer = writerOf(asked!);
        const outcomes = await Promise.allSettled(requests.map((each) => each(writer, given)));
        for (const each of outcomes) {
          if (each.status === "fulfilled") continue;
          assert(each.reason instanceof DariError, String(each.reason));
          assert(each.reason.code !== "internal", each.reason.message);
        }
        other!.isFollowing = true;
        for (const clock of clocks) clock.advance(passesMs);
      }
      await replicas.assertEqual();
    }),
    { numRuns: 12 },
  );
});
