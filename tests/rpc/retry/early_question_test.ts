import { assertEquals, assertRejects } from "@std/assert";
import { after } from "../../../lib/base/abort.ts";
import { RpcError, TransportError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { OutgoingCall } from "../../../lib/rpc/call/outgoing_call.ts";
import { Client } from "../../../lib/rpc/client/client.ts";
import { method } from "../../../lib/rpc/method/method.ts";
import { EarlyQuestion } from "../../../lib/rpc/retry/early_question.ts";
import { ServerKnowledge } from "../../../lib/rpc/retry/server_knowledge.ts";
import { FakeTimers } from "../../support/fake_timers.ts";
import { UnsteadyServer } from "../../support/unsteady_server.ts";

const none = () => {};

/** A call, and over what kind of connection it was sent; `undefined` for none. */
function callOver(itemBytes?: "counted" | "uncounted" | "asked"): OutgoingCall {
  const call = new OutgoingCall("call", "get", undefined, {}, none, none);
  if (itemBytes === undefined) return call;
  return Object.assign(call, { id: 1, holder: { itemBytes, withdraw: none, grant: none } });
}

function setUp(ask = () => Promise.resolve({ document: {}, over: {} })) {
  let asked = 0;
  const knowledge = new ServerKnowledge(() => {
    asked++;
    return ask();
  });
  return { knowledge, early: new EarlyQuestion(knowledge, after), asked: () => asked };
}

Deno.test("EarlyQuestion asks once, a moment behind the first call", async () => {
  using timers = new FakeTimers();
  const { early, asked, knowledge } = setUp();
  early.waitBehind(callOver("counted"));
  assertEquals([early.isWanted, timers.count], [false, 1]);
  timers.advance(limits.discoverAfterMs - 1);
  assertEquals(asked(), 0);
  timers.advance(1);
  assertEquals(asked(), 1);
  await knowledge.learn({ need: 1, leftMs: 1_000 });
  assertEquals([early.isWanted, asked()], [false, 1]);
});

Deno.test("EarlyQuestion waits for a call that reached a server which may be asked", () => {
  using timers = new FakeTimers();
  for (
    const [over, isWanted] of [[undefined, true], ["asked", true], ["uncounted", false]] as const
  ) {
    const { early, asked } = setUp();
    early.waitBehind(callOver(over));
    timers.advance(limits.discoverAfterMs);
    assertEquals([early.isWanted, asked()], [isWanted, 0]);
  }
});

Deno.test("EarlyQuestion is asked again where nobody answered", async () => {
  using timers = new FakeTimers();
  const failed = Promise.reject(new TransportError("unavailable", "gone"));
  const { early, knowledge } = setUp(() => failed);
  early.waitBehind(callOver("counted"));
  timers.advance(limits.discoverAfterMs);
  await knowledge.learn({ need: 1, leftMs: 1_000 }).catch(none);
  await Promise.resolve();
  assertEquals(early.isWanted, true);
});

Deno.test("a client that is closed, or knows its server already, asks nothing", async () => {
  using timers = new FakeTimers();
  const { early, asked } = setUp();
  early.waitBehind(callOver("counted"));
  early.close();
  assertEquals(timers.count, 0);
  early.waitBehind(callOver("counted"));
  assertEquals([timers.count, asked()], [0, 0]);
  const known = setUp();
  await known.knowledge.learn({ need: 1, leftMs: 1_000 });
  known.early.waitBehind(callOver("counted"));
  timers.advance(limits.discoverAfterMs);
  assertEquals(known.asked(), 1);
});

Deno.test("a call of an idempotent method outlives a server whose first fault is that it is gone", async () => {
  await using place = new UnsteadyServer();
  const discovered = Promise.withResolvers<void>();
  const observer = {
    callBegan({ method: name }: { method: string }) {
      if (name === "rpc.discover") discovered.resolve();
    },
  };
  const methods = {
    get: method({ idempotent: true, handler: () => 1 }),
    put: method({ handler: () => 2 }),
  };
  await place.start(methods, { observer });
  await using client = new Client<typeof methods>({ dial: place.dial, random: () => 1 });
  assertEquals(await client.call("get"), 1);
  await discovered.promise;
  // The answer is there once a later one is.
  assertEquals(await client.call("put"), 2);
  await place.stop();
  const waiting = client.call("get");
  await assertRejects(() => client.call("put"), TransportError);
  await place.start(methods);
  assertEquals(await waiting, 1);
  await assertRejects(() => client.call("nothing" as "get"), RpcError);
});
