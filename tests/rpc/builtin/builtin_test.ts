import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { EncodedJson } from "../../../lib/protocol/encode.ts";
import { builtinMethods } from "../../../lib/rpc/builtin/builtin.ts";
import { Health } from "../../../lib/rpc/builtin/health.ts";
import { ServedCall } from "../../../lib/rpc/dispatch/served_call.ts";
import { registerMethods } from "../../../lib/rpc/method/registry.ts";
import { createPeerGate } from "../../../lib/rpc/server/peer_gate.ts";
import { ALICE, ReplyList, request, TestHost } from "../../support/dispatch.ts";

const methods = registerMethods({ open: { public: true, handler: () => 1 }, hidden: () => 2 });
const info = { title: "test", version: "1.2.3" };

function builtin(authorize = createPeerGate().authorize) {
  const health = new Health();
  const all = builtinMethods({ methods, gate: { authorize }, health, info });
  const call = new ServedCall(new TestHost(), request("any"), new ReplyList(), 0, 1_000);
  const named = Object.fromEntries(all.map((method) => [method.name, method]));
  // deno-lint-ignore no-explicit-any
  const run = (name: string, params?: unknown): any => {
    const result = named[name]?.handler(params, call);
    return result instanceof EncodedJson ? JSON.parse(result.text) : result;
  };
  return { all, call, health, run };
}

Deno.test("the built-in methods are rpc.ping, rpc.health and rpc.discover, and all are public", () => {
  const { all } = builtin();
  assertEquals(all.map(({ name }) => name), ["rpc.ping", "rpc.health", "rpc.discover"]);
  assertEquals(all.every(({ isPublic }) => isPublic), true);
});

Deno.test("rpc.ping answers, and rpc.health tells the status of the server and of each service", () => {
  const { health, run } = builtin();
  assertEquals(run("rpc.ping"), "pong");
  const status = (params?: unknown) => run("rpc.health", params).status;
  assertEquals(status(), "SERVING");
  assertEquals(status({ service: "mail" }), "UNKNOWN");
  health.set("NOT_SERVING", "mail");
  assertEquals(status({ service: "mail" }), "NOT_SERVING");
  assertEquals(status({ service: 1 }), "SERVING");
});

Deno.test("rpc.discover lists the methods that its caller may call", () => {
  const { call, run } = builtin();
  const names = () => run("rpc.discover").methods.map(({ name }: { name: string }) => name);
  assertEquals(names(), ["open"]);
  call.principal = ALICE;
  assertEquals(names(), ["open", "hidden"]);
  assertEquals(run("rpc.discover").info, info);
});

Deno.test("rpc.discover fails where the gate fails, instead of hiding methods", () => {
  const { run } = builtin(() => {
    throw new RangeError("the gate is broken");
  });
  assertThrows(() => run("rpc.discover"), RangeError, "the gate is broken");
  const refusing = builtin(() => {
    throw new DariError("permission_denied", "no");
  });
  assertEquals(refusing.run("rpc.discover").methods.length, 1);
});
