import { assert, assertEquals } from "@std/assert";
import { setImmediate } from "node:timers";
import { limits } from "../../../lib/base/limits.ts";
import { Delivery } from "../../../lib/cluster/log/delivery.ts";
import { JetStreamApi } from "../../../lib/cluster/log/jetstream_api.ts";
import type { LogMessage } from "../../../lib/cluster/log/log.ts";
import { FakeTimers } from "../../support/fake_timers.ts";
import { MemoryHub } from "../../support/memory_bus.ts";
import { MemoryJetStream, type StreamMessage } from "../../support/memory_jetstream.ts";

const SUBJECT = "dari.orders.store.live.log";
const bytes = (text: string) => new TextEncoder().encode(text);
const text = ({ data }: LogMessage) => new TextDecoder().decode(data);

/** Lets everything happen that needs no time. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** A stream that has some messages, and a delivery of it. */
function world(...texts: string[]) {
  const stack = new DisposableStack();
  const hub = new MemoryHub();
  const jetStream = new MemoryJetStream(hub, "orders", "dari.orders.store");
  for (const each of texts) jetStream.put(SUBJECT, bytes(each));
  const bus = hub.connect();
  const timers = stack.use(new FakeTimers());
  const api = stack.use(new JetStreamApi(bus));
  const heard: string[] = [];
  const follow = (after = 0, onMessage?: (message: LogMessage) => void | Promise<void>) =>
    stack.use(
      new Delivery({
        ...{ bus, api, stream: "orders", filter: "dari.orders.store.live.*", after },
        isCompared: true,
        onMessage: onMessage ?? ((message) => void heard.push(text(message))),
        onWhole: () => heard.push("whole"),
        onSilent: () => heard.push("silent"),
      }),
    );
  const put = (each: string) => jetStream.put(SUBJECT, bytes(each));
  return {
    ...{ hub, jetStream, bus, timers, heard, follow, put },
    [Symbol.dispose]: () => stack.dispose(),
  };
}

Deno.test("Delivery hands on what comes behind a message, in order, and what is added", async () => {
  using at = world("one", "two", "three");
  at.follow(1);
  await settle();
  assertEquals(at.heard, ["two", "three", "whole"]);
  at.put("four");
  await settle();
  assertEquals(at.heard.slice(3), ["four", "whole"]);
});

Deno.test("Delivery says when a stream has nothing, and when nothing comes for too long", async () => {
  using at = world();
  at.follow();
  await settle();
  assertEquals(at.heard, ["whole"]);
  at.timers.advance(limits.storeAskTimeoutMs);
  assertEquals(at.heard, ["whole", "silent"]);
});

Deno.test("Delivery begins anew where a message is missing, and hands none on twice", async () => {
  using at = world("one");
  at.follow();
  await settle();
  at.hub.loses = (_subject, data) => new TextDecoder().decode(data) === "two";
  at.put("two");
  await settle();
  at.hub.loses = () => false;
  at.put("three");
  await settle();
  assertEquals(at.heard.filter((each) => each !== "whole"), ["one", "two", "three"]);
});

Deno.test("Delivery tries again where no consumer can be made, and removes the one that it has", async () => {
  using at = world("one");
  at.jetStream.answer = (verb) => verb === "CONSUMER.CREATE" ? null : undefined;
  const delivery = at.follow();
  await settle();
  at.timers.advance(limits.storeAskTimeoutMs);
  at.jetStream.answer = () => undefined;
  await settle();
  at.timers.advance(limits.storeTickMs);
  await settle();
  assertEquals(at.heard, ["silent", "one", "whole"]);
  assertEquals(at.jetStream.consumers, 1);
  delivery[Symbol.dispose]();
  at.put("two");
  await settle();
  assertEquals([at.heard.length, at.jetStream.consumers], [3, 0]);
});

Deno.test("Delivery asks again soon where a consumer is given to a NATS server that is down, and waits longer each time", async () => {
  using at = world("one");
  let asked = 0;
  at.jetStream.answer = (verb) => {
    if (verb === "CONSUMER.CREATE") asked++;
    return verb === "CONSUMER.CREATE" && asked < 3 ? null : undefined;
  };
  at.follow();
  await settle();
  const pass = async (ms: number) => {
    at.timers.advance(ms);
    await settle();
    at.timers.advance(limits.storeTickMs);
    await settle();
  };
  await pass(limits.storeConsumerTimeoutMs);
  assertEquals(asked, 2);
  await pass(limits.storeConsumerTimeoutMs);
  assertEquals(asked, 2, "it is waited for twice as long");
  await pass(limits.storeConsumerTimeoutMs);
  assertEquals(at.heard, ["one", "whole"]);
});

Deno.test("Delivery lets the stream go on once what came before was taken", async () => {
  using at = world("one");
  const taken = Promise.withResolvers<void>();
  at.follow(0, () => taken.promise);
  await settle();
  const answered = () => at.hub.published.some(({ subject }) => subject === "$JS.FC.orders.x");
  at.hub.publish(at.jetStream.deliverSubject, new Uint8Array(), "$JS.FC.orders.x");
  await settle();
  assert(!answered());
  taken.resolve();
  await settle();
  assert(answered());
});

/** The same stream as another NATS server has it, which led it while it was cut off. */
function forked(kept: readonly StreamMessage[], from: number): StreamMessage[] {
  return kept.map((each) =>
    each.sequence < from ? each : { ...each, data: bytes(`other ${each.sequence}`) }
  );
}

Deno.test("Delivery takes nothing from a NATS server that has other messages than the leader", async () => {
  using at = world("one", "two", "three", "four");
  at.jetStream.replicaOf = (consumer) =>
    consumer < 3 ? forked(at.jetStream.kept, 3) : at.jetStream.kept;
  at.follow(2);
  await settle();
  assertEquals(at.heard, []);
  at.timers.advance(limits.storeTickMs);
  await settle();
  assertEquals(at.heard, []);
  at.timers.advance(limits.storeTickMs);
  await settle();
  assertEquals(at.heard, ["three", "four", "whole"]);
  at.put("five");
  await settle();
  assertEquals(at.heard.slice(3), ["five", "whole"]);
  // What comes later is what a majority has.
  const compared = at.jetStream.asked.filter(({ verb }) => verb === "STREAM.MSG.GET");
  assertEquals(compared.slice(-2).map(({ body }) => body.seq), [3, 4]);
});

Deno.test("Delivery takes what is right before other messages, and goes on behind it", async () => {
  using at = world("one", "two", "three", "four");
  at.jetStream.replicaOf = (consumer) =>
    consumer === 1 ? forked(at.jetStream.kept, 3) : at.jetStream.kept;
  at.follow();
  await settle();
  assertEquals(at.heard, ["one", "two"]);
  at.timers.advance(limits.storeTickMs);
  await settle();
  assertEquals(at.heard, ["one", "two", "three", "four", "whole"]);
});

Deno.test("Delivery has no more questions under way than it may, and keeps the order", async () => {
  const many = Array.from({ length: 3 * limits.storeQuestionsAtOnce }, (_, at) => `${at}`);
  using at = world(...many);
  at.jetStream.answer = (verb) => verb === "STREAM.MSG.GET" ? null : undefined;
  const asked = () => at.jetStream.asked.filter(({ verb }) => verb === "STREAM.MSG.GET").length;
  at.follow();
  await settle();
  assertEquals(asked(), limits.storeQuestionsAtOnce);
  at.jetStream.answer = () => undefined;
  at.timers.advance(limits.storeAskTimeoutMs);
  await settle();
  at.timers.advance(limits.storeTickMs);
  for (let turn = 0; turn < 100; turn++) await settle();
  assertEquals(at.heard.filter((each) => each !== "silent"), [...many, "whole"]);
});

Deno.test("Delivery waits for a leader before it takes anything, and keeps the order", async () => {
  using at = world("one", "two");
  at.jetStream.answer = (verb) => verb === "STREAM.MSG.GET" ? null : undefined;
  at.follow();
  await settle();
  at.put("three");
  await settle();
  assertEquals(at.heard, []);
  at.jetStream.answer = () => undefined;
  at.timers.advance(limits.storeAskTimeoutMs);
  await settle();
  assertEquals(at.heard, ["silent", "one", "two", "whole", "three", "whole"]);
  const made = at.jetStream.asked.filter(({ verb }) => verb === "CONSUMER.CREATE");
  assertEquals(made.length, 1); // no other consumer for the same messages
});
