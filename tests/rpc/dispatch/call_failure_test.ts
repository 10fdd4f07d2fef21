import { assert, assertEquals, assertRejects } from "@std/assert";
import { deadline } from "../../../lib/base/abort.ts";
import { DariError, RpcError, TransportError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { connect } from "../../../lib/endpoint/connect.ts";
import { failureOf } from "../../../lib/rpc/dispatch/call_failure.ts";
import type { Context } from "../../../lib/rpc/method/context.ts";
import { request, startDispatcher } from "../../support/dispatch.ts";
import { startPair, Wire } from "../../support/rpc_pair.ts";

const trap = () => {
  throw new Error("trapped");
};
/** Values that throw whatever is done with them. */
const hostile: unknown[] = [
  new Proxy({}, { get: trap, getPrototypeOf: trap, has: trap, ownKeys: trap }),
  new Proxy(new DariError("not_found", "x"), { get: trap }),
  Object.defineProperty(new DariError("not_found", "x"), "message", { get: trap }),
  Object.defineProperty(new DariError("not_found", "x"), "code", { get: trap }),
  Object.defineProperty(new DariError("not_found", "x"), "code", { value: "__proto__" }),
];

Deno.test("whatever a handler throws or rejects with, its caller reads an error and the server lives", async () => {
  await using pair = await startPair({
    fail({ n }: { n: number }) {
      throw hostile[n];
    },
    failLater: ({ n }: { n: number }) => Promise.reject(hostile[n]),
    give: ({ n }: { n: number }) => hostile[n],
    async *stream({ n }: { n: number }) {
      yield await Promise.resolve(1);
      throw hostile[n];
    },
  }, { observer: [] });
  for (const n of hostile.keys()) {
    for (const method of ["fail", "failLater"] as const) {
      const error = await assertRejects(
        () => deadline(pair.client.call(method, { n }), 5_000),
        RpcError,
      );
      assertEquals([error.code, error.message], ["internal", "Internal error"]);
    }
    const stream = pair.client.stream("stream", { n });
    await stream.next();
    assertEquals((await assertRejects(() => stream.next(), RpcError)).code, "internal");
  }
  await deadline(pair.client.call("give", { n: 0 }).catch(() => {}), 5_000);
});

Deno.test("an error of a handler's own call or connection keeps its code and loses its message", async () => {
  const inner = {
    find() {
      throw new DariError("not_found", "no row 7 in /srv/secret.db", { retryable: true });
    },
    denied() {
      throw new DariError("permission_denied", "role secret is missing");
    },
    slow: () => new Promise<never>(() => {}),
  };
  await using backend = await startPair(inner);
  const failed: unknown[] = [];
  await using front = await startPair({
    find: () => backend.client.call("find"),
    denied: () => backend.client.call("denied"),
    unknown: () => backend.client.call("secret_method" as "find"),
    slow: () => backend.client.call("slow", undefined, { timeoutMs: 5 }),
    cancelled: () => backend.client.call("slow", undefined, { signal: AbortSignal.abort() }),
    connects: () => connect("unix:/srv/internal/secret.sock"),
    own() {
      throw new DariError("not_found", "no such customer");
    },
    async wraps() {
      try {
        return await backend.client.call("find");
      } catch (cause) {
        throw new DariError("unavailable", "the customers cannot be read now", { cause });
      }
    },
    async *streams() {
      yield 1;
      yield await backend.client.call("find");
    },
  }, { observer: { handlerFailed: (_, error) => void failed.push(error) } });
  const told = async (method: string) => {
    const { code, message } = await assertRejects(
      () => front.client.call(method as "find"),
      RpcError,
    );
    return [code, message];
  };
  const madeFailed = (method: string, code: string) => [
    code,
    `A call that "${method}" made failed (${code})`,
  ];
  assertEquals(await told("find"), madeFailed("find", "not_found"));
  assertEquals(await told("denied"), ["internal", "Internal error"]);
  assertEquals(await told("unknown"), ["internal", "Internal error"]);
  assertEquals(await told("slow"), madeFailed("slow", "deadline_exceeded"));
  assertEquals(await told("cancelled"), madeFailed("cancelled", "cancelled"));
  assertEquals(await told("connects"), madeFailed("connects", "unavailable"));
  const heard = failed.splice(0) as DariError[];
  assertEquals(heard.length, 6);
  assert(heard[0]?.message.includes("/srv/secret.db"), "the observer reads what was thrown");
  assertEquals(await told("own"), ["not_found", "no such customer"]);
  assertEquals(await told("wraps"), ["unavailable", "the customers cannot be read now"]);
  const error = await assertRejects(async () => {
    for await (const _ of front.client.stream("streams"));
  }, RpcError);
  assertEquals([error.code, error.message], madeFailed("streams", "not_found"));
});

Deno.test("failureOf() keeps the advice on retries of an error that it does not show", () => {
  const thrown = new TransportError("unavailable", "/run/x.sock", { retryAfterMs: 7 });
  const { told, isHidden } = failureOf("m", thrown);
  assert(told instanceof DariError);
  assertEquals([told.retryable, told.retryAfterMs, isHidden], [true, 7, true]);
});

Deno.test("the data of a handler's RpcError reaches its caller", async () => {
  const cases: [data: unknown, members: Record<string, unknown>][] = [
    [{ field: "email", retryable: "mine" }, { field: "email" }],
    [[1, 2], { value: [1, 2] }],
    ["text", { value: "text" }],
    [null, { value: null }],
    [undefined, {}],
    [{ pattern: /x/ }, {}],
  ];
  await using pair = await startPair({
    fail({ n }: { n: number }) {
      throw new RpcError("failed_precondition", "no", { data: cases[n]?.[0] });
    },
  });
  for (const [n, [, members]] of cases.entries()) {
    const error = await assertRejects(() => pair.client.call("fail", { n }), RpcError);
    assertEquals([error.code, error.message], ["failed_precondition", "no"]);
    assertEquals(error.data, { ...members, name: "failed_precondition", retryable: false });
  }
});

Deno.test("an error whose message does not fit is told without it", async () => {
  const { dispatch, replies } = startDispatcher({
    fail() {
      throw new DariError("not_found", "x".repeat(limits.shortErrorBytes));
    },
  });
  dispatch(request("fail"));
  assertEquals((await replies.next()).error.message.length, limits.shortErrorBytes);
  replies.refused = new DariError("resource_exhausted", "full");
  dispatch(request("fail"));
  const { error } = await replies.next();
  assertEquals([error.data.name, error.message], [
    "not_found",
    "The error does not fit: it is too long",
  ]);
});

Deno.test("a call back that nobody awaits is nobody's unhandled rejection when the client leaves", async () => {
  const began = Promise.withResolvers<void>();
  const unhandled: unknown[] = [];
  const onUnhandled = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    unhandled.push(event.reason);
  };
  globalThis.addEventListener("unhandledrejection", onUnhandled);
  try {
    const wire = await Wire.open({
      ask(_: unknown, context: Context) {
        context.call("never");
        began.resolve();
      },
    });
    await wire.send({ jsonrpc: "2.0", id: 1, method: "ask" });
    await began.promise;
    await wire[Symbol.asyncDispose]();
    await new Promise((resolve) => setTimeout(resolve));
    assertEquals(unhandled, []);
  } finally {
    globalThis.removeEventListener("unhandledrejection", onUnhandled);
  }
});

Deno.test("calls that a lost connection cuts reach the observer", async () => {
  const ended = Promise.withResolvers<unknown[]>();
  const wire = await Wire.open({ wait: () => new Promise<never>(() => {}) }, {
    observer: { callEnded: ({ method, errorCode }) => ended.resolve([method, errorCode]) },
  });
  await wire.send({ jsonrpc: "2.0", id: 1, method: "wait" });
  await wire.settled().catch(() => {});
  wire.connection.abort();
  assert(await deadline(ended.promise, 5_000));
  await wire[Symbol.asyncDispose]();
});
