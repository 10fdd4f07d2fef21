import { assertEquals } from "@std/assert";
import { RpcError, TransportError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { healthSettings } from "../../../lib/rpc/balance/health_check.ts";
import { KeptLink } from "../../../lib/rpc/balance/kept_link.ts";
import type { LinkOptions } from "../../../lib/rpc/link/link_options.ts";
import { FakeServer } from "../../support/far_end.ts";
import { FakeTimers } from "../../support/fake_timers.ts";
import { settled } from "../../support/settled.ts";

function setUp(
  dial: LinkOptions["dial"],
  isWatched = false,
  signIn?: LinkOptions["signIn"],
) {
  const timers = new FakeTimers();
  const lost: boolean[] = [];
  const clock = { monotonic: () => timers.now, now: () => timers.now };
  const options = { dial, clock, random: () => 0.5, signIn };
  const kept: KeptLink = new KeptLink(options, isWatched ? healthSettings({}) : undefined, {
    isAlone: true,
    isWanted: true,
    changed: () => {},
    lost: (isBroken) => lost.push(isBroken),
    elsewhere: () => undefined,
    takeBack: () => {},
  });
  /** Waits for an end that takes time. */
  const ended = async (ending: Promise<void>) => {
    let isOver = false;
    ending.then(() => isOver = true);
    for (await settled(); !isOver; await settled()) timers.advance(1_000);
  };
  return { timers, lost, kept, ended, [Symbol.dispose]: () => timers[Symbol.dispose]() };
}

Deno.test("a connection that breaks is made again by itself, after a pause that grows", async () => {
  const server = new FakeServer();
  let isUp = true;
  let attempts = 0;
  using test = setUp(() => {
    attempts++;
    return isUp ? server.dial() : Promise.reject(new TransportError("unavailable", "down"));
  });
  test.kept.begin();
  await settled();
  assertEquals([test.kept.isReady, attempts], [true, 1]);
  isUp = false;
  server.end.connection.abort();
  await settled();
  assertEquals([test.kept.isReady, test.lost], [false, [true]]);
  test.timers.advance(limits.reconnectPauseMs / 2);
  await settled();
  assertEquals([attempts, test.kept.error?.message], [2, "down"]);
  test.timers.advance(limits.reconnectPauseMs - 1);
  await settled();
  assertEquals(attempts, 2);
  isUp = true;
  test.timers.advance(1);
  await settled();
  assertEquals([attempts, test.kept.isReady, test.kept.error], [3, true, undefined]);
  await test.ended(test.kept.close());
});

Deno.test("a server that goes away during the sign-in is connected to again", async () => {
  const server = new FakeServer(["drain"]);
  const signIn: LinkOptions["signIn"] = async ({ call }) => void await call("rpc.login", {});
  using test = setUp(server.dial, false, signIn);
  test.kept.begin();
  await settled();
  const { id } = await server.end.receive();
  await server.end.send({ method: "rpc.drain", params: { graceMs: 1_000 } });
  await server.end.send({ id, result: {} });
  await settled();
  assertEquals([test.kept.isReady, test.kept.isPending, server.ends.length], [false, false, 1]);
  test.timers.advance(limits.reconnectPauseMs);
  await settled();
  assertEquals(server.ends.length, 2);
  await server.end.answer({});
  await settled();
  assertEquals(test.kept.isReady, true);
  await test.ended(test.kept.close());
});

Deno.test("a refused certificate is tried again much later, a refused credential not at all", async () => {
  const refusals: [error: Error, again: number][] = [
    [new TransportError("unavailable", "not valid", { retryable: false }), 1],
    [new RpcError("unauthenticated", "wrong password"), 0],
  ];
  for (const [refusal, again] of refusals) {
    let attempts = 0;
    using test = setUp(() => {
      attempts++;
      return Promise.reject(refusal);
    });
    test.kept.begin();
    await settled();
    test.timers.advance(limits.refusedRetryMs - 1);
    await settled();
    assertEquals(attempts, 1);
    test.timers.advance(1);
    await settled();
    assertEquals(attempts, 1 + again);
    test.kept.begin(); // a call asks for it
    await settled();
    assertEquals(attempts, 2 + again);
    await test.ended(test.kept.close());
  }
});

Deno.test("a server takes calls once it has said so, and is asked again and again", async () => {
  const server = new FakeServer();
  using test = setUp(server.dial, true);
  test.kept.begin();
  await settled();
  assertEquals([test.kept.isReady, test.kept.isPending], [false, true]);
  assertEquals((await server.end.answer({ status: "SERVING" })).method, "rpc.health");
  await settled();
  assertEquals([test.kept.isReady, test.kept.isPending], [true, false]);
  test.timers.advance(limits.healthIntervalMs);
  await server.end.answer({ status: 42, rubbish: true });
  await settled();
  assertEquals([test.kept.isReady, test.kept.isServing], [false, false]);
  test.timers.advance(limits.healthIntervalMs);
  await settled();
  test.timers.advance(limits.healthTimeoutMs); // it does not answer at all
  await settled();
  assertEquals(test.kept.isReady, false);
  await server.end.receive(); // the question
  test.timers.advance(limits.healthIntervalMs);
  for (let request = await server.end.receive();; request = await server.end.receive()) {
    if (request.method !== "rpc.health") continue; // it was cancelled
    await server.end.send({ id: request.id, result: { status: "SERVING" } });
    break;
  }
  await settled();
  assertEquals(test.kept.isReady, true);
  await test.ended(test.kept.close());
});

Deno.test("a server that is silent is avoided for a while", async () => {
  const server = new FakeServer();
  using test = setUp(server.dial);
  test.kept.begin();
  await settled();
  const quietMs = limits.suspicionSigns * limits.lifeSignMs;
  test.kept.doubted();
  test.timers.advance(quietMs - 1);
  test.kept.doubted();
  test.timers.advance(quietMs - 1);
  assertEquals(test.kept.isSilent, true);
  test.timers.advance(1);
  assertEquals(test.kept.isSilent, false);
  await test.ended(test.kept.close());
});

Deno.test("a connection that is closed or retired is not made again", async () => {
  for (const end of ["close", "retire"] as const) {
    const server = new FakeServer();
    using test = setUp(server.dial);
    test.kept.begin();
    await settled();
    await test.ended(test.kept[end]());
    const { count } = test.timers; // those that connections share run on
    test.kept.begin();
    await settled();
    assertEquals([server.ends.length, test.timers.count - count], [1, 0], end);
  }
});
