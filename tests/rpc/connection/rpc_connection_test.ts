import { assertEquals, assertRejects } from "@std/assert";
import { systemClock } from "../../../lib/base/clock.ts";
import { TransportError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { RpcConnection } from "../../../lib/rpc/connection/rpc_connection.ts";
import type { Methods } from "../../../lib/rpc/method/method.ts";
import { registerMethods } from "../../../lib/rpc/method/registry.ts";
import type { CallRecord, Observer } from "../../../lib/rpc/observer.ts";
import { createPeerGate } from "../../../lib/rpc/server/peer_gate.ts";
import type { Connection } from "../../../lib/transport/connection.ts";
import { memoryPair } from "../../../lib/transport/memory.ts";
import { ALICE } from "../../support/dispatch.ts";
import { FakeTimers } from "../../support/fake_timers.ts";
import { waitsUntilAborted, Wire } from "../../support/rpc_pair.ts";

function open(connection: Connection, methods: Methods = {}, observer: Observer = {}) {
  const forgotten: string[] = [];
  const rpc = new RpcConnection(connection, {
    methods: registerMethods(methods),
    gate: { ...createPeerGate(), forget: (id) => forgotten.push(id) },
    observer,
    clock: systemClock,
    callTimeoutMs: limits.callTimeoutMs,
    maxCallTimeoutMs: limits.maxCallTimeoutMs,
    maxCallsInFlight: limits.maxCallsInFlight,
  });
  return { rpc, forgotten };
}

/** Two ends that are alike; `far` is signed in, so that it may call. */
function openPair(methods: Methods = {}, observer?: Observer) {
  const [left, right] = memoryPair();
  const { rpc: near, forgotten } = open(left, methods, observer);
  const { rpc: far } = open(right);
  near.principal = ALICE;
  const ended = Promise.all([near.run(), far.run()]);
  return { near, far, forgotten, ended, left };
}

Deno.test("either end calls the other, and close() ends both in order", async () => {
  const { near, far, forgotten, ended } = openPair({ one: () => 1 });
  assertEquals(await far.caller.call("one", undefined), 1);
  assertEquals([far.isQuiet, near.isQuiet], [true, true]);
  await near.close();
  await ended;
  assertEquals([await near.closed, await far.closed], [undefined, undefined]);
  assertEquals([near.isOpen, far.isOpen, forgotten], [false, false, [near.id]]);
});

Deno.test("abort() ends the calls of both sides and tells the reason", async () => {
  const { methods, begun, told } = waitsUntilAborted();
  const { near, far, ended } = openPair(methods);
  const rejected = assertRejects(() => far.caller.call("wait", undefined), TransportError);
  await begun;
  assertEquals([far.isQuiet, near.isQuiet], [false, false]);
  near.abort("enough");
  assertEquals((await told).code, "unavailable");
  assertEquals((await rejected).code, "unavailable");
  assertEquals(await near.closed, "enough");
  await ended;
});

Deno.test("close() waits for running calls no longer than it is told", async () => {
  const { methods, begun, told } = waitsUntilAborted();
  const { near, far, ended } = openPair(methods);
  const rejected = assertRejects(() => far.caller.call("wait", undefined), TransportError);
  await begun;
  await near.close(1);
  await told;
  await rejected;
  await ended;
});

Deno.test("close() gives a slow reader all of its time for the last reply", async () => {
  const { near, far, left, ended } = openPair({ one: () => 1 });
  const { promise: read, resolve: readOn } = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const { send } = left;
  left.send = async (...pieces) => {
    begun.resolve();
    await read;
    await send.apply(left, pieces);
  };
  const call = far.caller.call("one", undefined);
  await begun.promise;
  using timers = new FakeTimers();
  const closing = near.close(60_000);
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  timers.advance(limits.lingerMs + 1);
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  readOn();
  assertEquals(await call, 1);
  await closing;
  await ended;
});

Deno.test("close() with a time beyond what a timer takes waits for the running call", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const begun = Promise.withResolvers<void>();
  const { near, far, ended } = openPair({ wait: () => (begun.resolve(), promise) });
  const call = far.caller.call("wait", undefined);
  await begun.promise;
  const closing = near.close(2 ** 32);
  resolve("done");
  assertEquals(await call, "done");
  await closing;
  await ended;
});

Deno.test("signing in raises the longest line, signing out lowers it, and both are accepted once", () => {
  const [left] = memoryPair();
  const { rpc } = open(left);
  let accepted = 0;
  rpc.onAccepted = () => accepted++;
  rpc.principal = ALICE;
  assertEquals([left.maxLineBytes, rpc.principal], [limits.maxLineBytes, ALICE]);
  rpc.principal = null;
  assertEquals([left.maxLineBytes, accepted], [limits.maxLineBytesBeforeSignIn, 1]);
  rpc.abort("test");
});

Deno.test("revoke() ends a connection that the principal signed in, and no other", async () => {
  const { near, far, ended } = openPair({ one: () => 1 });
  near.revoke({ ...ALICE });
  assertEquals(await far.caller.call("one", undefined), 1);
  near.revoke(ALICE);
  assertEquals(await near.closed, "its credential was revoked");
  await ended;
});

Deno.test("a line far over the limit is answered and ends the connection with the reason", async () => {
  const [left, right] = memoryPair();
  const { rpc } = open(right);
  const running = rpc.run();
  const most = limits.maxLineOverrun * limits.maxLineBytesBeforeSignIn;
  const sending = left.send(`"${"x".repeat(most)}"\n`);
  const { error } = JSON.parse(String(await left.receive()));
  assertEquals(error.data.name, "resource_exhausted");
  await sending;
  await running;
  assertEquals((await rpc.closed)?.startsWith("A line has more than"), true);
});

Deno.test("blank lines are ignored, and bytes are counted in UTF-8 without the line's end", async () => {
  const ended: CallRecord[] = [];
  const { near, ended: closed, left } = (() => {
    const [left, right] = memoryPair();
    const { rpc } = open(right, { echo: (params: unknown) => params }, {
      callEnded: (call) => void ended.push(call),
    });
    rpc.principal = ALICE;
    return { near: rpc, ended: rpc.run(), left };
  })();
  const lines = ["a", "다리"].map((text) =>
    JSON.stringify({ jsonrpc: "2.0", id: 1, method: "echo", params: [text] })
  );
  const bytes = (text: string) => new TextEncoder().encode(text).length;
  for (const chunk of [lines[0], lines.join("\n")]) {
    const [reply = ""] = await Promise.all([left.receive(), left.send(`\n\r\n${chunk}\n`)]);
    const replies = String(reply).trimEnd().split("\n");
    const told = ended.splice(0);
    assertEquals(told.map(({ bytesIn }) => bytesIn), (chunk ?? "").split("\n").map(bytes));
    assertEquals(told.map(({ bytesOut }) => bytesOut), replies.map(bytes));
  }
  near.abort("test");
  await closed;
});

Deno.test("when the connection dies the handlers that run are told", async () => {
  const { methods, begun, told } = waitsUntilAborted();
  await using wire = await Wire.open(methods);
  await wire.send({ jsonrpc: "2.0", id: 1, method: "wait" });
  await begun;
  wire.connection.abort();
  assertEquals((await told).code, "unavailable");
});
