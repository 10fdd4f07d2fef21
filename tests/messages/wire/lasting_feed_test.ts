import { assertEquals, assertRejects } from "@std/assert";
import { RpcError } from "../../../lib/base/errors.ts";
import type { TopicFeed, TopicMessage } from "../../../lib/messages/topic/operations.ts";
import { LastingFeed } from "../../../lib/messages/wire/lasting_feed.ts";

type Result = IteratorResult<TopicMessage, { cursor?: string } | undefined>;

/** A message with this value. */
function message(value: unknown): Result {
  const about = { topic: "orders", publishedAtMs: 0, publishedBy: "server" };
  return { done: false, value: { ...about, value } };
}

/** Opens calls that give these results, and notes where each of them begins. */
function callsOf(...calls: (Result | Error)[][]) {
  const begun: unknown[] = [];
  const open = (from: unknown): TopicFeed => {
    begun.push(from);
    const results = calls[begun.length - 1]!.values();
    return {
      async next() {
        const { value = { done: true, value: undefined } } = results.next();
        if (value instanceof Error) throw value;
        return await Promise.resolve(value as Result);
      },
      return: () => Promise.resolve({ done: true, value: undefined }),
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  };
  return { begun, open };
}

Deno.test("a feed goes on where a call has ended in order, and begins as before where it has no place", async () => {
  const { begun, open } = callsOf(
    [message(1), { done: true, value: { cursor: "orders:1" } }],
    [{ done: true, value: {} }],
    [message(2)],
  );
  const feed = new LastingFeed(open, "first");
  const values = [(await feed.next()).value, (await feed.next()).value];
  assertEquals(values.map((each) => (each as TopicMessage).value), [1, 2]);
  assertEquals(begun, ["first", "orders:1", "orders:1"]);
  assertEquals(await feed.next(), { done: true, value: undefined });
});

Deno.test("a feed ends where its reader leaves, and with the error of its call", async () => {
  const { begun, open } = callsOf([{ done: true, value: { cursor: "orders:1" } }], []);
  const left = new LastingFeed(open, undefined);
  await left.return();
  assertEquals((await left.next()).done, true);
  assertEquals(begun.length, 1);
  const failing = callsOf([new RpcError("permission_denied", "no")]);
  await assertRejects(() => new LastingFeed(failing.open, undefined).next(), RpcError, "no");
});
