import { assertEquals, assertRejects } from "@std/assert";
import { RpcError, TransportError } from "../../../lib/base/errors.ts";
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

Deno.test("a feed whose messages have no place begins as before where its connection was lost", async () => {
  const lost = new TransportError("unavailable", "the connection ended");
  const placed = message(3);
  if (!placed.done) Object.assign(placed.value, { cursor: "orders:3" });
  const { begun, open } = callsOf([message(1), lost], [message(2), placed, lost], []);
  const feed = new LastingFeed(open, undefined);
  const values = [await feed.next(), await feed.next(), await feed.next()];
  assertEquals(values.map(({ value }) => (value as TopicMessage).value), [1, 2, 3]);
  // Behind a message with a place it is the call itself that goes on, or nobody.
  await assertRejects(() => feed.next(), TransportError, "ended");
  assertEquals(begun, [undefined, undefined]);
  // A server that is not there is no reason to begin again and again.
  const away = callsOf([message(1), lost], [lost], [message(2)]);
  const other = new LastingFeed(away.open, undefined);
  await other.next();
  await assertRejects(() => other.next(), TransportError, "ended");
});

Deno.test("a feed goes on from the place that its call began at, and gives no message for it", async () => {
  const begins = { done: false, value: { cursor: "orders:4" } } as unknown as Result;
  const { begun, open } = callsOf([begins, { done: true, value: {} }], [message(1)]);
  const feed = new LastingFeed(open, undefined);
  assertEquals(((await feed.next()).value as TopicMessage).value, 1);
  assertEquals(begun, [undefined, "orders:4"]);
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
