import { assert, assertEquals } from "@std/assert";
import type { Gate } from "../../lib/auth/sign_in/gate.ts";
import { DariError } from "../../lib/base/errors.ts";
import { limits } from "../../lib/base/limits.ts";
import type { Context } from "../../lib/rpc/method/context.ts";
import { type CallRecord, type Observer, requestIdOf } from "../../lib/rpc/observer.ts";
import { createPeerGate } from "../../lib/rpc/server/peer_gate.ts";
import { memoryPair } from "../../lib/transport/memory.ts";
import { ALICE, aliceGate, recorder } from "../support/dispatch.ts";
import { PASSWORD, testIdentity } from "../support/identity.ts";
import { waitsUntilAborted, Wire } from "../support/rpc_pair.ts";

const add = ({ a, b }: { a: number; b: number }) => a + b;
const ask = (method: string, extra: Record<string, unknown> = {}) => ({
  jsonrpc: "2.0",
  id: 1,
  method,
  ...extra,
});

/** The calls that an observer heard, without the ping that a test sends behind them. */
function callsOf(events: [string, ...unknown[]][]): [string, CallRecord, ...unknown[]][] {
  return events.filter(([, record]) =>
    typeof record === "object" && record !== null && "durationMs" in record &&
    (record as CallRecord).method !== "rpc.ping"
  ) as [string, CallRecord, ...unknown[]][];
}

Deno.test("an observer hears a call begin and end, with the call itself", async () => {
  const { events, observer } = recorder();
  await using wire = await Wire.open({ add }, { observer, gate: aliceGate });
  const meta = { traceparent: "00-1-2-01" };
  const request = ask("add", { params: { a: 1, b: 2 }, meta });
  const reply = await wire.ask(request);
  await wire.settled();
  const [[began, first], [ended, call]] = callsOf(events) as [[string, CallRecord], [
    string,
    CallRecord,
  ]];
  assertEquals([began, ended], ["callBegan", "callEnded"]);
  assert(first === call, "both are told of the same object");
  assertEquals([call.id, call.method, call.principal, call.meta], [1, "add", ALICE, meta]);
  assertEquals([call.errorCode, call.error, call.isStream], [undefined, undefined, false]);
  assertEquals(call.bytesIn, JSON.stringify(request).length);
  assertEquals(call.bytesOut, JSON.stringify(reply).length);
  assertEquals(call.peer.transport, "memory");
  assert(call.durationMs >= 0 && Math.abs(call.startedAtMs - Date.now()) < 60_000);
});

Deno.test("every call that began ends, whatever becomes of it", async () => {
  const { events, observer } = recorder();
  const { methods, begun } = waitsUntilAborted();
  const all = {
    ...methods,
    fail: () => Promise.reject(new DariError("not_found", "no such thing")),
    breaks: () => Promise.reject(new Error("secret")),
    cancelled: () => new Promise(() => {}),
  };
  await using wire = await Wire.open(all, { observer });
  for (const [id, method] of ["fail", "breaks", "unheard-of", "cancelled", "wait"].entries()) {
    await wire.send(ask(method, { id }));
  }
  await wire.send({ jsonrpc: "2.0", method: "rpc.cancel", params: { id: 3 } });
  await begun;
  await wire.settled();
  wire.connection.abort();
  await wire.server.close(0);
  const calls = callsOf(events);
  const ended = calls.filter(([member]) => member === "callEnded");
  assertEquals(calls.filter(([member]) => member === "callBegan").length, 5);
  assertEquals(ended.map(([, { method, errorCode }]) => [method, errorCode]).sort(), [
    ["_OTHER", "method_not_found"],
    ["breaks", "internal"],
    ["cancelled", "cancelled"],
    ["fail", "not_found"],
    ["wait", "unavailable"],
  ]);
  const failed = calls.filter(([member]) => member === "handlerFailed");
  assertEquals(failed.map(([, { method }, error]) => [method, (error as Error).message]), [
    ["breaks", "secret"],
  ]);
});

Deno.test("an observer hears of denials by the gate, and of no error that a handler throws", async () => {
  const { events, observer } = recorder();
  const gate: Gate = {
    ...createPeerGate(),
    identify: () => Promise.resolve(ALICE),
    authorize(principal, method) {
      if (method === "hidden") throw new DariError("permission_denied", `${principal?.name}: no`);
    },
    authenticate(token) {
      if (token === "later") return Promise.reject(new DariError("unauthenticated", token));
      if (token === "broken") throw new RangeError("the store is gone");
      throw new DariError("unauthenticated", token);
    },
  };
  const own = () => {
    throw new DariError("permission_denied", "the handler's own rule");
  };
  await using wire = await Wire.open({ hidden: add, add, own }, { observer, gate });
  await wire.ask(ask("hidden"));
  await wire.ask(ask("own"));
  for (const auth of ["now", "later", "broken"]) await wire.ask(ask("add", { auth }));
  const denied = callsOf(events).filter(([member]) => member === "callDenied");
  assertEquals(
    denied.map(([, { method, principal }, error]) => [
      method,
      principal?.name,
      (error as DariError).code,
    ]),
    [
      ["hidden", "alice", "permission_denied"],
      ["add", undefined, "unauthenticated"],
      ["add", undefined, "unauthenticated"],
    ],
  );
});

Deno.test("a call with a credential of its own has its principal, and a stream counts its items", async () => {
  const bob = { ...ALICE, name: "bob" };
  const { events, observer } = recorder();
  const gate: Gate = { ...aliceGate, authenticate: () => Promise.resolve(bob) };
  async function* count(_: unknown, { principal }: Context) {
    yield await Promise.resolve(principal?.name);
  }
  await using wire = await Wire.open({ count }, { observer, gate });
  const item = await wire.ask(ask("count", { auth: "token" }));
  const reply = await wire.receive();
  await wire.settled();
  const [, [, call]] = callsOf(events) as [unknown, [string, CallRecord]];
  assertEquals([item.params.value, call.principal?.name, call.isStream], ["bob", "bob", true]);
  const bytes = [item, reply].map((line) => JSON.stringify(line).length);
  assertEquals(call.bytesOut, (bytes[0] ?? 0) + (bytes[1] ?? 0));
});

Deno.test("an observer hears connections open, close and be refused", async () => {
  const { events, observer, names } = recorder();
  const wire = await Wire.open({}, { observer, maxConnections: 1, gate: aliceGate });
  await wire.settled();
  const [, refused] = memoryPair();
  await wire.server.attach(refused);
  await wire[Symbol.asyncDispose]();
  const [, late] = memoryPair();
  await wire.server.attach(late);
  const told = events.filter(([member]) => member.startsWith("connection"));
  assertEquals(names().filter((name) => name.startsWith("connection")), [
    "connectionOpened",
    "connectionRefused",
    "connectionClosed",
    "connectionRefused",
  ]);
  assertEquals([told[0]?.[1].principal, told[0]?.[1].id], [ALICE, told[2]?.[1].id]);
  assertEquals(told[1]?.[2], "1 connections are open");
  assertEquals(told[3]?.[2], "the server is stopping");
});

Deno.test("a connection whose identity cannot be settled is refused with the reason", async () => {
  const { events, observer } = recorder();
  const gate: Gate = {
    ...createPeerGate(),
    identify: () => Promise.reject(new Error("the store is gone")),
  };
  await using wire = await Wire.open({}, { observer, gate });
  assertEquals(await wire.connection.receive(), null);
  assertEquals(events.map(([member, , reason]) => [member, reason]), [
    ["connectionRefused", "the store is gone"],
  ]);
});

Deno.test("an observer hears a real sign-in succeed, fail, meet a lock, and end", async () => {
  await using test = await testIdentity();
  const { events, observer } = recorder();
  const gate: Gate = { ...test.identity.gate, identify: () => Promise.resolve(null) };
  await using wire = await Wire.open({}, { observer, gate });
  const login = (password: string) =>
    wire.ask(ask("rpc.login", { params: { username: "Alice", password } }));
  assert("result" in await login(PASSWORD));
  await wire.ask(ask("rpc.logout"));
  while (!events.some(([member]) => member === "accountLocked")) await login("wrong password");
  const signIns = events.filter(([, record]) => record?.method?.startsWith?.("rpc.log"));
  const distinct = [...new Set(signIns.map(([member, { name }]) => `${member} ${name}`))];
  assertEquals(distinct, [
    "signInSucceeded alice",
    "signedOut alice",
    "signInFailed Alice",
    "accountLocked Alice",
  ]);
});

Deno.test("observers that throw, reject and trap harm no call and no connection", async () => {
  const write = console.error;
  const lines: unknown[] = [];
  console.error = (line) => lines.push(line);
  try {
    const throwing = new Proxy({}, {
      get: () => () => {
        throw new Error("full disk");
      },
    });
    const rejecting = new Proxy({}, { get: () => () => Promise.reject(new Error("later")) });
    const trapping = new Proxy({}, {
      get() {
        throw new Error("trapped");
      },
    });
    const { observer, names } = recorder();
    const observers: Observer[] = [throwing, rejecting, trapping, observer];
    await using wire = await Wire.open({ add }, { observer: observers });
    for (let n = 0; n < 10; n++) {
      assertEquals((await wire.ask(ask("add", { params: { a: n, b: 1 } }))).result, n + 1);
    }
    await wire.ask(ask("rpc.login"));
    await wire.settled();
    assertEquals(names().filter((name) => name === "callEnded").length, 11);
    assertEquals(lines.length, 3);
  } finally {
    console.error = write;
  }
});

Deno.test("requestIdOf() shows as much of a long id as limits.maxRequestIdShownLength", () => {
  const most = limits.maxRequestIdShownLength;
  const shown = (length: number) => requestIdOf({ connectionId: "c", id: "x".repeat(length) });
  assertEquals(shown(most), `c:${"x".repeat(most)}`);
  assertEquals(shown(most + 1), shown(most));
});
