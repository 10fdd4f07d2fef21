import { assert, assertEquals, assertRejects } from "@std/assert";
import { z } from "zod";
import { turn } from "../../../lib/base/turn.ts";
import { DariError, RpcError } from "../../../lib/base/errors.ts";
import type { ClientInterceptor } from "../../../lib/rpc/client/client_options.ts";
import type { ServerInterceptor } from "../../../lib/rpc/interceptor/interceptor.ts";
import { method } from "../../../lib/rpc/method/method.ts";
import { startPair } from "../../support/rpc_pair.ts";

const methods = {
  add: ({ a, b }: { a: number; b: number }) => a + b,
  baggage: (_: unknown, { meta }: { meta: { baggage?: unknown } }) => meta.baggage,
  async *count({ to }: { to: number }) {
    for (let n = 1; n <= to; n++) yield await Promise.resolve(n);
  },
};

Deno.test("interceptors of a client see every call and stream, and may change them", async () => {
  const seen: unknown[] = [];
  const tagging: ClientInterceptor = async (call, next) => {
    const { isStream, options } = call;
    seen.push([call.method, call.params, isStream]);
    const result = await next({ ...call, options: { ...options, meta: { baggage: { t: "1" } } } });
    seen.push(isStream ? typeof result : result);
    return result;
  };
  await using pair = await startPair(methods, {}, { interceptors: [tagging] });
  assertEquals(await pair.client.call("add", { a: 1, b: 2 }), 3);
  assertEquals(await pair.client.call("baggage", {}), { t: "1" });
  assertEquals(await Array.fromAsync(pair.client.stream("count", { to: 2 })), [1, 2]);
  assertEquals(seen, [
    ["add", { a: 1, b: 2 }, false],
    3,
    ["baggage", {}, false],
    { t: "1" },
    ["count", { to: 2 }, true],
    "object",
  ]);
});

Deno.test("an interceptor of a client that fails harms its own call alone", async () => {
  const picky: ClientInterceptor = (call, next) => {
    if (call.params !== undefined) return next();
    throw new DariError("failed_precondition", "give params");
  };
  await using pair = await startPair(methods, {}, { interceptors: [picky] });
  const call = pair.client.call as unknown as (method: string) => Promise<unknown>;
  const [failed, good] = await Promise.allSettled([
    call.call(pair.client, "add"),
    pair.client.call("add", { a: 1, b: 1 }),
  ]);
  assert(failed.status === "rejected" && failed.reason.code === "failed_precondition");
  assert(good.status === "fulfilled" && good.value === 2);
  const stream = pair.client.stream("count", undefined as never);
  await assertRejects(() => stream.next(), DariError, "give params");
  const tried = await pair.client.try("add", undefined as never);
  assertEquals(tried.ok, false);
});

Deno.test("an interceptor of a client may answer from what it has, streams too", async () => {
  const cache: ClientInterceptor = ({ isStream }) => isStream ? [7, 8] : "cached";
  await using pair = await startPair(methods, {}, { interceptors: [cache] });
  assertEquals(await pair.client.call("add", { a: 1, b: 2 }) as unknown, "cached");
  assertEquals(await Array.fromAsync(pair.client.stream("count", { to: 9 })), [7, 8]);
  await using odd = await startPair(methods, {}, { interceptors: [() => 7] });
  const message = 'An interceptor gave number for the stream of "count"; give its items';
  await assertRejects(() => odd.client.stream("count", { to: 1 }).next(), TypeError, message);
});

Deno.test("leaving the stream of a client with interceptors tells the server to stop", async () => {
  let isEnded = false;
  const started = Promise.withResolvers<void>();
  const endless = {
    async *ticks() {
      try {
        yield 1;
        started.resolve();
        await new Promise(() => {});
      } finally {
        isEnded = true;
      }
    },
    async *tocks({ signal }: { signal?: AbortSignal } = {}) {
      yield await Promise.resolve(signal === undefined);
    },
  };
  const passing: ClientInterceptor = async (_, next) => {
    const items = await next() as AsyncIterable<unknown>;
    return (async function* () {
      yield* items;
    })();
  };
  await using pair = await startPair(endless, {}, { interceptors: [passing] });
  const stream = pair.client.stream("ticks");
  assertEquals((await stream.next()).value, 1);
  const waiting = stream.next();
  await started.promise;
  assertEquals(await stream.return(), { done: true, value: undefined });
  assertEquals(await waiting, { done: true, value: undefined });
  assertEquals(await stream.next(), { done: true, value: undefined });
  await pair.client.call("rpc.ping" as never, undefined as never);
  await turn();
  assertEquals(isEnded, false); // it waits for something that never comes; nobody reads it
  const left = pair.client.stream("tocks");
  await left.return();
  assertEquals(await left.next(), { done: true, value: undefined });
});

Deno.test("interceptors of a server stand around handlers, with checked params and checked results", async () => {
  const seen: unknown[] = [];
  const interceptor: ServerInterceptor = async (call, next) => {
    seen.push([call.method, call.params, call.context.principal?.name, call.isStream]);
    const { params } = call;
    const result = await next({ ...call, params: { ...params as object, b: 40 } });
    return call.isStream || typeof result !== "number" ? result : result + 2;
  };
  const checked = {
    ...methods,
    add: method({
      params: z.object({ a: z.coerce.number(), b: z.number() }),
      result: z.number().max(100),
      handler: ({ a, b }) => a + b,
    }),
  };
  await using pair = await startPair(checked, { interceptors: [interceptor] });
  assertEquals(await pair.client.call("add", { a: "8", b: 1 } as never), 50);
  assertEquals(await Array.fromAsync(pair.client.stream("count", { to: 2 })), [1, 2]);
  assertEquals(await pair.client.call("rpc.ping" as never, undefined as never), "pong" as never);
  assertEquals(seen, [
    ["add", { a: 8, b: 1 }, "local", false],
    ["count", { to: 2 }, "local", true],
  ]);
  const error = await assertRejects(() => pair.client.call("add", { a: 90, b: 1 }), RpcError);
  assertEquals(error.code, "internal");
});

Deno.test("an interceptor of a server that throws, or calls next() twice, fails its call alone", async () => {
  const failures: unknown[] = [];
  const observer = {
    handlerFailed: (_: unknown, error: unknown) => void failures.push(`${error}`),
  };
  const interceptor: ServerInterceptor = async ({ params }, next) => {
    const { to } = params as { to?: number };
    if (to === 0) throw new DariError("failed_precondition", "nothing to count");
    if (to === -1) throw new Error("a secret");
    if (to === -2) return [await next(), await next()];
    return await next();
  };
  await using pair = await startPair(methods, { interceptors: [interceptor], observer });
  const read = (to: number) => Array.fromAsync(pair.client.stream("count", { to }));
  const results = await Promise.allSettled([0, -1, -2, 2].map(read));
  const told = results.map((result) =>
    result.status === "fulfilled" ? result.value : result.reason.message
  );
  assertEquals(told, ["nothing to count", "Internal error", "Internal error", [1, 2]]);
  assertEquals(failures, [
    "Error: a secret",
    'TypeError: An interceptor called next() twice for "count"; a call is made once',
  ]);
});

Deno.test("an interceptor of a server that answers itself keeps the handler from running", async () => {
  let runs = 0;
  const counted = { one: () => ++runs };
  await using pair = await startPair(counted, { interceptors: [() => 41] });
  assertEquals([await pair.client.call("one"), runs], [41, 0]);
});

Deno.test("calls that an interceptor of a server makes inherit from the call that it serves", async () => {
  await using far = await startPair({ deadline: (_: unknown, { deadline }) => deadline });
  const interceptor: ServerInterceptor = async (_, next) => {
    await next();
    return await far.client.call("deadline", {});
  };
  await using pair = await startPair({ one: () => 1 }, { interceptors: [interceptor] });
  const endAt = await pair.client.call("one", undefined, { timeoutMs: 5_000 }) as number;
  assert(endAt < Date.now() + 6_000, `in ${endAt - Date.now()} ms`);
});
