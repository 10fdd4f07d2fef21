import { assert, assertEquals, assertRejects } from "@std/assert";
import { runWithin } from "../../../lib/base/context/ambient_call.ts";
import { DeclaredError } from "../../../lib/base/declared_error.ts";
import { type DariError, RpcError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { carriedOf, inherit } from "../../../lib/ipc/pool/inherit.ts";
import { WorkerPool } from "../../../lib/ipc/mod.ts";
import type { Methods } from "../../../lib/rpc/method/method.ts";
import type { Context } from "../../../lib/rpc/method/context.ts";
import { methods } from "../../support/pool_inherit.ts";
import { startPair } from "../../support/rpc_pair.ts";

const STATE = { traceparent: "00-1-2-01", tracestate: "vendor=1" };
const principal = { name: "alice", kind: "session", roles: [], credentialId: "s" } as const;

function startPool(): WorkerPool {
  const module = new URL("../../support/pool_inherit.ts", import.meta.url);
  return new WorkerPool({ module, workers: 1 });
}

/** What a call that is being served passes on. */
function within<T>(carried: object, run: () => T, leftMs = 5_000): T {
  const { signal } = new AbortController();
  const call = { inherits: true, signal, carried, leftMs: () => leftMs };
  return runWithin(call, run, undefined) as T;
}

Deno.test("a worker's own calls inherit the trace, the chain and the deadline of its call", async () => {
  await using pool = startPool();
  await using pair = await startPair({ ask: async () => await pool.call("seen") });
  const { timeoutMs, ...meta } = await pair.client.call("ask", undefined, {
    meta: STATE,
    timeoutMs: 9_000,
  }) as { timeoutMs: number };
  assertEquals(meta, STATE as unknown as typeof meta);
  assert(timeoutMs > 0 && timeoutMs <= 9_000, `${timeoutMs}`);
  const chain = ["alice", "web"];
  const seen = await within({ chain }, () => pool.call("seen")) as { chain: string[] };
  assertEquals(seen.chain, chain);
  const { chain: none, traceparent } = await pool.call("seen") as { chain: 1; traceparent: 1 };
  assertEquals([none, traceparent], [undefined, undefined]);
});

Deno.test("a method with worker: true passes on what its caller sent", async () => {
  await using pool = startPool();
  await using pair = await startPair({ inWorker: methods.inWorker } as unknown as Methods, {
    pool,
  });
  const seen = await pair.client.call("inWorker", undefined, { meta: STATE });
  const { traceparent, tracestate } = seen as typeof STATE;
  assertEquals({ traceparent, tracestate }, STATE);
});

Deno.test("a method with worker: true throws the errors that it declares", async () => {
  await using pool = startPool();
  await using pair = await startPair({ buy: methods.buy } as unknown as Methods, {
    pool,
    observer: [],
  });
  const buy = (name: string) => pair.client.call("buy", { name });
  const error = await assertRejects(() => buy("out_of_stock"), DeclaredError, "None is left");
  assertEquals([error.declared, error.details], ["out_of_stock", { left: 2 }]);
  await assertRejects(() => buy("undeclared"), RpcError, "Internal error");
});

Deno.test("cancelling a call ends the pool's call that its handler made", async () => {
  await using pool = startPool();
  const failed = Promise.withResolvers<unknown>();
  const begun = Promise.withResolvers<void>();
  await using pair = await startPair({
    async ask(_: unknown, { signal }: Context) {
      begun.resolve();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      await pool.call("seen").catch(failed.resolve);
    },
  });
  const controller = new AbortController();
  const call = pair.client.call("ask", undefined, { signal: controller.signal });
  call.catch(() => {});
  await begun.promise;
  controller.abort();
  assertEquals((await failed.promise as DariError).code, "cancelled");
});

Deno.test("inherit() takes the earlier deadline, both signals, and nothing where it is told so", () => {
  const { signal } = new AbortController();
  within({}, () => {
    assertEquals(inherit({ timeoutMs: 10 }).timeoutMs, 10);
    assertEquals(inherit({}).timeoutMs, 5_000);
    assert(inherit({ signal }).signal !== signal);
    assertEquals(inherit({ signal, inherit: false }), {
      timeoutMs: limits.callTimeoutMs,
      signal,
      carried: "",
    });
  });
  assertEquals(inherit({ signal }), { timeoutMs: limits.callTimeoutMs, signal, carried: "" });
});

Deno.test("inherit() leaves a trace out that is too long, and keeps the chain", () => {
  const chain = [principal.name];
  const long = "x".repeat(limits.maxPoolCarriedBytes);
  const carried = (facts: object) => carriedOf(within(facts, () => inherit({}).carried));
  assertEquals(carried({ traceparent: long, chain }), { chain });
  assertEquals(carried({ traceparent: long }), {});
  assertEquals(carried({ ...STATE, chain }), { ...STATE, chain });
  assertEquals(carried({ tracestate: "alone" }), {});
});

Deno.test("the longest chain fits", () => {
  const chain = Array(limits.maxCallChainLength).fill("é".repeat(limits.maxNameBytes / 2));
  const carried = within({ chain }, () => inherit({}).carried);
  assertEquals(carriedOf(carried).chain, chain);
});
