import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError, RpcError, TransportError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { Client } from "../../../lib/rpc/client/client.ts";
import type { ClientOptions } from "../../../lib/rpc/client/client_options.ts";
import { method } from "../../../lib/rpc/method/method.ts";
import { FakeServer } from "../../support/far_end.ts";
import { FakeTimers } from "../../support/fake_timers.ts";
import { UnsteadyServer } from "../../support/unsteady_server.ts";

/** Methods whose first calls cut the connection that they came over. */
function cuttingMethods(place: UnsteadyServer, cuts = 1) {
  const runs = { get: 0, put: 0 };
  const once = (name: "get" | "put") => () => {
    if (++runs[name] > cuts) return `${name} ${runs[name]}`;
    place.cut();
    return new Promise(() => {});
  };
  return {
    runs,
    methods: {
      get: method({ idempotent: true, handler: once("get") }),
      put: method({ handler: once("put") }),
    },
  };
}

/** Waits until everything that is ready has run, by a timer that is not a test's own. */
const turnsOf = (timer: typeof setTimeout) => () =>
  new Promise<void>((resolve) => void timer(resolve, 0));

const clientOf = (place: UnsteadyServer, options: Partial<ClientOptions> = {}) =>
  new Client({ dial: place.dial, random: () => 0, ...options });

Deno.test("a plain call of a method that is idempotent is made again when its connection is lost", async () => {
  await using place = new UnsteadyServer();
  const { runs, methods } = cuttingMethods(place);
  await place.start(methods);
  await using client = clientOf(place);
  await client.call("rpc.ping"); // the server has said what it knows
  assertEquals(await client.call("get"), "get 2");
  await assertRejects(() => client.call("put"), TransportError);
  assertEquals(runs, { get: 2, put: 1 });
  const { attempts, retries } = client.stats();
  assertEquals([attempts, retries], [4, 1]);
});

Deno.test("a server is asked about its methods once a connection, and only when a call failed", async () => {
  await using place = new UnsteadyServer();
  const { methods } = cuttingMethods(place, 2);
  await place.start(methods);
  await using client = clientOf(place);
  await client.call("rpc.health");
  assertEquals(place.asked, ["rpc.health"]);
  await Promise.all([client.call("get"), client.call("get"), client.call("get")]);
  const discovers = place.asked.filter((name) => name === "rpc.discover");
  assertEquals(discovers.length, place.dials - 1);
});

Deno.test("what is said of a call wins over what its method says", async () => {
  await using place = new UnsteadyServer();
  const { runs, methods } = cuttingMethods(place);
  await place.start(methods);
  await using client = clientOf(place);
  await assertRejects(() => client.call("get", undefined, { idempotent: false }), TransportError);
  assertEquals(await client.call("put", undefined, { idempotent: true }), "put 2");
  assertEquals(runs, { get: 1, put: 2 });
  assert(!place.asked.includes("rpc.discover"));
});

Deno.test("a server that came in place of another one is asked before a call is made again", async () => {
  await using place = new UnsteadyServer();
  const { methods } = cuttingMethods(place);
  await place.start(methods);
  await using client = clientOf(place);
  await client.call("rpc.ping");
  assertEquals(await client.call("get"), "get 2");
  const other = cuttingMethods(place);
  await place.start({ get: { ...other.methods.get, idempotent: false } });
  await assertRejects(() => client.call("get"), TransportError);
  assertEquals(other.runs.get, 1);
});

Deno.test("a call that is known to be idempotent waits for its server to come back", async () => {
  await using place = new UnsteadyServer();
  const { methods } = cuttingMethods(place);
  await place.start(methods);
  await using client = clientOf(place, { random: Math.random });
  await client.call("rpc.ping");
  await client.call("get");
  await place.stop();
  const call = client.call("get");
  const other = client.call("put");
  await assertRejects(() => other, TransportError, "nobody is there");
  await place.start(methods);
  assertEquals(await call, "get 3");
});

Deno.test("an idempotent call uses its whole deadline while its server is away", async () => {
  const turn = turnsOf(globalThis.setTimeout);
  using timers = new FakeTimers();
  await using place = new UnsteadyServer();
  const clock = { now: () => timers.now, monotonic: () => timers.now };
  await using client = clientOf(place, { clock, random: () => 0.5 });
  let answer: unknown;
  const call = client.call("get", undefined, { idempotent: true, timeoutMs: 2_000 })
    .then((result) => answer = result);
  const passUntil = async (isOver: () => boolean) => {
    for (; !isOver(); timers.advance(10)) await turn();
  };
  await passUntil(() => timers.now === 1_500);
  assertEquals(answer, undefined);
  await place.start({ get: () => "back" });
  await passUntil(() => answer !== undefined || timers.now === 1_990);
  assertEquals(answer, "back");
  await call;
  assert(place.dials < 40, `${place.dials} dials`);
  assertEquals(client.stats().throttled, 0);
});

Deno.test("a server that is too busy is asked again as often as the tokens allow", async () => {
  await using place = new UnsteadyServer();
  let runs = 0;
  const busy = () => {
    runs++;
    throw new DariError("resource_exhausted", "busy", { retryAfterMs: 0 });
  };
  await place.start({ busy: method({ idempotent: true, handler: busy }) });
  const retryThrottling = { maxTokens: 20, tokenRatio: 0.1 };
  await using client = clientOf(place, { retryThrottling });
  for (let n = 0; n < 50; n++) await assertRejects(() => client.call("busy"), RpcError, "busy");
  const { attempts, retries, throttled, retryTokens } = client.stats();
  assertEquals([runs, attempts, retries, throttled, retryTokens], [59, 59, 9, 50, 0]);
});

Deno.test("plain calls that succeed earn tokens, and those that fail do not", async () => {
  await using place = new UnsteadyServer();
  let isBusy = true;
  const busy = () => {
    if (isBusy) throw new DariError("resource_exhausted", "busy", { retryAfterMs: 0 });
  };
  await place.start({ busy: method({ idempotent: true, handler: busy }) });
  const retryThrottling = { maxTokens: 8, tokenRatio: 0.5 };
  await using client = clientOf(place, { retryThrottling });
  for (let n = 0; n < 20; n++) await assertRejects(() => client.call("busy"), RpcError, "busy");
  assertEquals(client.stats().retryTokens, 0);
  isBusy = false;
  for (let n = 0; n < 10; n++) await client.call("busy");
  assertEquals(client.stats().retryTokens, 5);
  for (let n = 0; n < 10; n++) await client.call("busy");
  assertEquals(client.stats().retryTokens, 8);
});

Deno.test("a server's retryAfterMs of less than nothing, or for ever, ends the tries", async () => {
  for (const retryAfterMs of [-1, 1e308]) {
    const server = new FakeServer();
    await using client = new Client(server);
    await client.connect();
    const call = client.call("one", {}, { idempotent: true });
    const data = { retryable: true, retryAfterMs };
    const { id } = await server.end.receive();
    await server.end.send({ id, error: { code: -32005, message: "busy", data } });
    const error = await assertRejects(() => call, RpcError, "busy");
    assertEquals(error.retryAfterMs, retryAfterMs);
    assertEquals(client.stats().retries, 0);
  }
});

Deno.test("a server that answers rpc.discover with rubbish has no method that is made again", async () => {
  for (const result of [null, 7, { methods: "all" }, { methods: [null, { name: 7 }, {}] }]) {
    const server = new FakeServer(["streams"]);
    await using client = new Client({ ...server, clock: { now: () => 0, monotonic: () => 0 } });
    await client.connect();
    await Promise.all([client.call("first"), server.end.answer(1)]);
    const call = client.call("one", {});
    const { id } = await server.end.receive();
    const data = { retryable: true, retryAfterMs: 0 };
    await server.end.send({ id, error: { code: -32005, message: "busy", data } });
    const { method, meta } = await server.end.answer(result);
    assertEquals([method, meta.timeoutMs], ["rpc.discover", limits.discoverTimeoutMs]);
    await assertRejects(() => call, RpcError, "busy");
  }
});

Deno.test("a call with streams among its params is not made again, whatever is said of it", async () => {
  await using place = new UnsteadyServer();
  let runs = 0;
  const sum = method({
    idempotent: true,
    handler(_: { numbers: AsyncIterable<number> }) {
      runs++;
      place.cut();
      return new Promise<number>(() => {});
    },
  });
  await place.start({ sum });
  await using client = clientOf(place);
  await client.call("rpc.health");
  async function* numbers() {
    yield await Promise.resolve(1);
  }
  await assertRejects(() => client.call("sum", { numbers: numbers() }), TransportError);
  const options = { idempotent: true };
  await assertRejects(() => client.call("sum", { numbers: numbers() }, options), TransportError);
  assertEquals(runs, 2);
});
