import { assertEquals } from "@std/assert";
import { UnrecoverableError } from "../../../lib/messages/mod.ts";
import { openTestTopics } from "../../support/topics.ts";

const FROM_FIRST = { group: "billing", from: "first" } as const;

Deno.test("work acknowledges what its handler has done, and gives back what failed", async () => {
  await using kept = await openTestTopics();
  const orders = kept.topics.topic<number>("orders");
  await orders.publishMany([1, 2, 3].map((value) => ({ value })));
  const stop = new AbortController();
  const errors: unknown[] = [];
  const done: number[] = [];
  await orders.work((message) => {
    if (message.value === 2) throw new UnrecoverableError("no");
    done.push(message.value);
    if (message.value === 3) stop.abort();
  }, { ...FROM_FIRST, signal: stop.signal, onError: (error) => errors.push(error) });
  assertEquals([done, errors.length], [[1, 3], 1]);
  const { cursor, givenUp } = (await orders.show()).groups[0]!;
  assertEquals([cursor, givenUp], ["orders:3", 1]); // also the one at work when it was stopped
  assertEquals(kept.topics.subscriptions, 0);
});
