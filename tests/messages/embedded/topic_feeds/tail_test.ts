import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../../lib/base/errors.ts";
import { limits } from "../../../../lib/base/limits.ts";
import { TopicTail } from "../../../../lib/messages/embedded/topic_feeds/tail.ts";

const all = () => true;

/** A message of a number of bytes. */
function row(number: number, bytes = 1, name = "orders") {
  return {
    ...{ number, name, bytes, published_at: 0, published_by: "server" },
    ...{ id: null, types: null, value: "1" },
  };
}

/** A tail of a topic that keeps messages. */
function newTail(budget = { bytes: 0 }) {
  const tail = new TopicTail("orders", budget);
  tail.note(0, true);
  return { tail, budget };
}

Deno.test("a tail has topicTailCount messages, and says of older ones that they are not there", () => {
  const { tail, budget } = newTail();
  const count = 3 * limits.topicTailCount;
  for (let number = 1; number <= count; number++) tail.append([row(number)]);
  assertEquals([tail.known, tail.first], [count, count - limits.topicTailCount + 1]);
  assertEquals(budget.bytes, limits.topicTailCount);
  assertEquals(tail.after(tail.first - 2, all), undefined);
  assertEquals(tail.after(tail.first - 1, all)?.rows[0]?.number, tail.first);
  assertEquals(tail.after(count - 1, all), { rows: [row(count)], upTo: count });
  assertEquals(tail.after(count, all), undefined);
});

Deno.test("a tail has topicTailBytes, all of them together maxTailBytes, and each its last message", () => {
  const { topicTailBytes, maxTailBytes } = limits;
  const { tail, budget } = newTail();
  tail.append([row(1, topicTailBytes / 2), row(2, topicTailBytes / 2), row(3, 1)]);
  assertEquals([tail.first, budget.bytes], [2, topicTailBytes / 2 + 1]);
  const crowded = newTail({ bytes: maxTailBytes });
  crowded.tail.append([row(1), row(2)]);
  assertEquals(crowded.tail.first, 2);
  crowded.tail.clear();
  assertEquals(crowded.budget.bytes, maxTailBytes);
});

Deno.test("a gap, which another process filled, makes a tail begin anew", () => {
  const { tail } = newTail();
  tail.append([row(1), row(2)]);
  tail.append([row(5)]);
  assertEquals([tail.first, tail.known, tail.after(1, all)], [5, 5, undefined]);
});

Deno.test("names that do not fit are looked at, and a step has topicReadBytes", () => {
  const { tail } = newTail();
  tail.append([row(1), row(2, 1, "orders.1"), row(3)]);
  const fits = (name: string) => name === "orders";
  const found = tail.after(0, fits);
  assertEquals([found?.rows.map(({ number }) => number), found?.upTo], [[1, 3], 3]);
  const { topicReadBytes } = limits;
  tail.append([row(4, topicReadBytes), row(5)]);
  assertEquals(tail.after(3, all)?.upTo, 4);
});

Deno.test("a topic that keeps nothing is numbered by its tail", async () => {
  const tail = new TopicTail("prices", { bytes: 0 });
  tail.note(7, false);
  tail.append([row(0), row(0)]);
  assertEquals([tail.known, tail.after(0, all)?.upTo], [2, 2]);
  const waiting = tail.wait(new AbortController().signal);
  assertEquals(tail.note(8, true), false);
  await assertRejects(() => waiting, DariError, "keeps messages from now on");
});
