import { assert, assertEquals, assertRejects } from "@std/assert";
import { z } from "zod";
import { DariError, RpcError } from "../../../lib/base/errors.ts";
import { connect } from "../../../lib/endpoint/connect.ts";
import { serve } from "../../../lib/endpoint/serve.ts";
import { limits } from "../../../lib/base/limits.ts";
import { turn } from "../../../lib/base/turn.ts";
import { Client } from "../../../lib/rpc/client/client.ts";
import type { Context } from "../../../lib/rpc/method/context.ts";
import { method } from "../../../lib/rpc/method/method.ts";
import { startPair, Wire } from "../../support/rpc_pair.ts";
import { UnsteadyServer } from "../../support/unsteady_server.ts";

/** Counts what ran. */
function shop() {
  const runs = { buy: 0, fail: 0, busy: 0 };
  return {
    runs,
    methods: {
      buy: ({ item }: { item: string }) => `${item} ${++runs.buy}`,
      fail: method({
        errors: { sold_out: z.object({ left: z.number() }) },
        handler(_: object, { errors }) {
          runs.fail++;
          throw errors.sold_out({ left: 0 });
        },
      }),
      busy() {
        if (++runs.busy > 1) return "done";
        throw new DariError("resource_exhausted", "busy", { retryAfterMs: 1 });
      },
    },
  };
}

const key = (idempotencyKey: string) => ({ idempotencyKey });

Deno.test("a call with a key runs once, and its answer is the same each time", async () => {
  const { runs, methods } = shop();
  await using pair = await startPair(methods);
  const { client } = pair;
  assertEquals(await client.call("buy", { item: "tea" }, key("a")), "tea 1");
  assertEquals(await client.call("buy", { item: "tea" }, key("a")), "tea 1");
  assertEquals(await client.call("buy", { item: "tea" }, key("b")), "tea 2");
  assertEquals(await client.call("buy", { item: "tea" }), "tea 3");
  assertEquals(runs.buy, 3);
});

Deno.test("a key is for one method and one set of params, whatever the order of their members", async () => {
  const two = { add: ({ a, b }: { a: number; b: number }) => a + b, sub: () => 0 };
  await using pair = await startPair(two);
  const { client } = pair;
  assertEquals(await client.call("add", { a: 1, b: 2 }, key("a")), 3);
  assertEquals(await client.call("add", { b: 2, a: 1 }, key("a")), 3);
  const message = "The idempotency key was used for a call with another method or other params";
  for (
    const call of [
      () => client.call("add", { a: 1, b: 3 }, key("a")),
      () => client.call("sub", undefined, key("a")),
    ]
  ) {
    const error = await assertRejects(call, RpcError, message);
    assertEquals([error.code, error.retryable], ["failed_precondition", false]);
  }
});

Deno.test("a final error is kept with its details, and one that may pass is not", async () => {
  const { runs, methods } = shop();
  await using pair = await startPair(methods);
  const { client } = pair;
  for (let n = 0; n < 2; n++) {
    const tried = await client.try("fail", {}, key("a"));
    assert(!tried.ok && tried.isDeclared);
    assertEquals([tried.error.declared, tried.error.details], ["sold_out", { left: 0 }]);
  }
  assertEquals(runs.fail, 1);
  const once = { idempotent: false, ...key("b") };
  await assertRejects(() => client.call("busy", undefined, once), RpcError, "busy");
  assertEquals(await client.call("busy", undefined, once), "done");
});

Deno.test("a call with a key is made again by its client, and the second waits for the first", async () => {
  await using place = new UnsteadyServer();
  const finish = Promise.withResolvers<void>();
  let runs = 0;
  await place.start({
    async pay(_: object, { signal }: Context) {
      runs++;
      place.cut();
      await finish.promise;
      return signal.aborted ? "cut" : `paid ${runs}`;
    },
  });
  await using client = new Client({ dial: place.dial, random: () => 0 });
  const call = client.call("pay", {}, key("a"));
  while (place.asked.filter((name) => name === "pay").length < 2) await turn();
  finish.resolve();
  assertEquals([await call, runs], ["paid 1", 1]);
});

Deno.test("a server that keeps no answers is not sent a call with a key again", async () => {
  await using place = new UnsteadyServer();
  let runs = 0;
  const pay = () => {
    runs++;
    place.cut();
    return new Promise(() => {});
  };
  await place.start({ pay }, { idempotency: false });
  await using client = new Client({ dial: place.dial, random: () => 0 });
  await assertRejects(() => client.call("pay", {}, key("a")), DariError);
  assertEquals(runs, 1);
});

Deno.test("a key that is empty or too long is refused, by the client and by the server", async () => {
  await using pair = await startPair(shop().methods);
  const { client } = pair;
  for (const length of [0, limits.maxIdempotencyKeyLength + 1, 1_000_000]) {
    const call = () => client.call("buy", { item: "tea" }, key("x".repeat(length)));
    await assertRejects(call, RangeError, `idempotencyKey has ${length} characters; use 1 to 256`);
  }
  const most = "x".repeat(limits.maxIdempotencyKeyLength);
  assertEquals(await client.call("buy", { item: "tea" }, key(most)), "tea 1");
  await using wire = await Wire.open(shop().methods);
  const meta = { idempotencyKey: "x".repeat(1_000_000) };
  await wire.send({ jsonrpc: "2.0", id: 1, method: "buy", params: { item: "tea" }, meta });
  const { error } = await wire.receive();
  assertEquals([error.code, error.message], [
    -32600,
    "Invalid request: meta.idempotencyKey has 1000000 characters, at most 256 are taken",
  ]);
});

Deno.test("streams take no key: neither a method that streams nor a stream in params or result", async () => {
  let runs = 0;
  async function* numbers() {
    yield await Promise.resolve(1);
  }
  const methods = {
    async *count() {
      runs++;
      yield await Promise.resolve(1);
    },
    hidden: () => (runs++, numbers()),
    sum: (_: { numbers: AsyncIterable<number> }) => runs++,
    inside: () => (runs++, { numbers: numbers() }),
  };
  await using pair = await startPair(methods);
  const { client } = pair;
  const meta = key("a");
  const only = "only one answer can be kept";
  await assertRejects(() => client.stream("count", undefined, { meta }).next(), RpcError, only);
  const params = { numbers: numbers() };
  await assertRejects(() => client.call("sum", params, key("b")), RpcError, "leave out the key");
  assertEquals(runs, 0);
  await assertRejects(
    () => client.stream("hidden", undefined, { meta: key("c") }).next(),
    RpcError,
    only,
  );
  await assertRejects(
    () => client.stream("hidden", undefined, { meta: key("c") }).next(),
    RpcError,
    "has run",
  );
  await client.call("inside", undefined, key("d"));
  const again = () => client.call("inside", undefined, key("d"));
  await assertRejects(again, RpcError, "its answer was not kept: a stream is in it");
  assertEquals(runs, 2);
});

Deno.test("typed results come back typed, and as JSON for a peer that takes JSON alone", async () => {
  let runs = 0;
  const when = new Date(0);
  const methods = { now: () => ({ runs: BigInt(++runs), when, bytes: new Uint8Array([1, 2]) }) };
  await using pair = await startPair(methods);
  const first = await pair.client.call("now", undefined, key("a"));
  assertEquals(first, { runs: 1n, when, bytes: new Uint8Array([1, 2]) });
  assertEquals(await pair.client.call("now", undefined, key("a")), first);
  await using wire = await Wire.open(methods);
  const line = { jsonrpc: "2.0", id: 1, method: "now", meta: key("a") };
  await wire.send(line);
  await wire.send({ ...line, id: 2 });
  const [one, two] = [await wire.receive(), await wire.receive()];
  assertEquals(one.result, { runs: "2", when: "1970-01-01T00:00:00.000Z", bytes: "AQI=" });
  assertEquals([two.result, two.types], [one.result, undefined]);
});

Deno.test("the keys of callers whom nobody knows hold for their connection", async () => {
  const { runs, methods } = shop();
  await using server = await serve({ listen: "tcp://127.0.0.1:0", methods, public: ["buy"] });
  const [address = ""] = server.addresses;
  const params = { item: "tea" };
  for (const expected of ["tea 1", "tea 2"]) {
    await using client = await connect<typeof methods>(address);
    for (let n = 0; n < 2; n++) {
      assertEquals(await client.call("buy", params, key("a")), expected);
    }
  }
  assertEquals(runs.buy, 2);
});

Deno.test("the answers of callers whom nobody knows are short together", async () => {
  let runs = 0;
  const methods = { text: ({ length }: { length: number }) => (runs++, "x".repeat(length)) };
  await using server = await serve({ listen: "tcp://127.0.0.1:0", methods, public: ["text"] });
  const [address = ""] = server.addresses;
  await using client = await connect<typeof methods>(address);
  const long = { length: limits.maxStrangerAnswerBytes };
  await client.call("text", long, key("a"));
  await assertRejects(() => client.call("text", long, key("a")), RpcError, "was not kept");
  const short = { length: limits.maxStrangerAnswerBytes / 2 };
  const first = await client.call("text", short, key("b"));
  assertEquals([await client.call("text", short, key("b")), runs], [first, 2]);
});

Deno.test("a call with a key that is cancelled, or too late, is not run again unless it is idempotent", async () => {
  let runs = 0;
  const slow = (_: object, { signal }: Context) => {
    runs++;
    if (runs > 2) return "done";
    return new Promise<string>((_, reject) =>
      signal.addEventListener("abort", () => reject(signal.reason))
    );
  };
  const methods = { slow, again: method({ idempotent: true, handler: slow }) };
  await using pair = await startPair(methods);
  const { client } = pair;
  const options = { ...key("a"), idempotent: false, timeoutMs: 30 };
  await assertRejects(() => client.call("slow", {}, options), DariError);
  const error = await assertRejects(() => client.call("slow", {}, key("a")), RpcError);
  assertEquals([error.code, error.retryable], ["failed_precondition", false]);
  assert(error.message.startsWith('It is not known whether "slow" has run'), error.message);
  assertEquals(runs, 1);
  await assertRejects(() => client.call("again", {}, { ...options, ...key("b") }), DariError);
  assertEquals(await client.call("again", {}, key("b")), "done");
});

Deno.test("a call that waits for the first of its key and is given up does not run", async () => {
  const finish = Promise.withResolvers<void>();
  let runs = 0;
  const busy = async () => {
    runs++;
    await finish.promise;
    throw new DariError("unavailable", "not now");
  };
  await using pair = await startPair({ busy });
  const once = { ...key("a"), idempotent: false };
  const first = pair.client.call("busy", undefined, once).catch(({ message }) => message);
  const second = pair.client.call("busy", undefined, { ...once, timeoutMs: 20 });
  await assertRejects(() => second, DariError, "deadline");
  // The cancellation arrives before the ping.
  await (pair.client as unknown as Client).call("rpc.ping");
  finish.resolve();
  assertEquals([await first, runs], ["not now", 1]);
  await turn();
  assertEquals(runs, 1);
});

Deno.test("a server says with rpc.discover whether it keeps answers, and which methods are idempotent", async () => {
  const methods = { get: method({ idempotent: true, handler: () => 1 }) };
  await using pair = await startPair(methods);
  const discover = (client: Client) =>
    client.call("rpc.discover") as Promise<Record<string, unknown>>;
  const document = await discover(pair.client as unknown as Client);
  assertEquals(document["x-idempotency-keys"], true);
  const [described] = document.methods as Record<string, unknown>[];
  assertEquals(described?.["x-idempotent"], true);
  await using other = await startPair(methods, { idempotency: false });
  const without = await discover(other.client as unknown as Client);
  assertEquals(without["x-idempotency-keys"], undefined);
});
