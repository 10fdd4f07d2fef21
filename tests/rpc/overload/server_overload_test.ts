import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { serve } from "../../../lib/endpoint/serve.ts";
import { limits } from "../../../lib/base/limits.ts";
import { Server } from "../../../lib/rpc/server/server.ts";
import type { ServerOptions } from "../../../lib/rpc/server/server_options.ts";
import { memoryPair } from "../../../lib/transport/memory.ts";
import { TestClock } from "../../support/clock.ts";

/** A server whose handlers take time of a clock, and a connection to it. */
function busyServer(options: Partial<ServerOptions> = {}) {
  const clock = new TestClock();
  const ran: unknown[] = [];
  const server = new Server({
    clock,
    methods: {
      work({ n }: { n: number }) {
        ran.push(n);
        clock.advance(10);
        return n;
      },
    },
    ...options,
  });
  const open = () => {
    const [near, far] = memoryPair();
    server.attach(far);
    return near;
  };
  return { server, clock, ran, open };
}

const call = (n: number) => `{"jsonrpc":"2.0","id":${n},"method":"work","params":{"n":${n}}}\n`;
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at);

/** Reads until so many replies have come. */
async function replies(near: ReturnType<ReturnType<typeof busyServer>["open"]>, count: number) {
  const found: { id: number; result?: unknown; error?: { data: Record<string, unknown> } }[] = [];
  while (found.length < count) {
    const text = await near.receive();
    assert(typeof text === "string");
    for (const line of text.trim().split("\n")) found.push(JSON.parse(line));
  }
  return found;
}

Deno.test("calls that wait for too long are refused with retryAfterMs, and rpc.ping is served among them", async () => {
  const { server, open, ran } = busyServer({ targetDelayMs: 20, delayIntervalMs: 50 });
  await using _server = server;
  const near = open();
  const lines = range(0, 40).map(call).join("");
  await near.send(`${lines}{"jsonrpc":"2.0","id":99,"method":"rpc.ping"}\n`);
  const found = await replies(near, 41);
  assertEquals(found.map(({ id }) => id), [...range(0, 40), 99]);
  assertEquals(found.at(-1)?.result, "pong");
  const refused = found.filter(({ error }) => error !== undefined);
  assertEquals(refused.length, 40 - ran.length);
  assert(ran.length >= 5 && ran.length <= 12, `${ran.length} ran`);
  const { name, retryable, retryAfterMs } = refused[0]?.error?.data ?? {};
  assertEquals([name, retryable], ["resource_exhausted", true]);
  assert(Number(retryAfterMs) >= 50);
  near.abort();
});

Deno.test("by default a burst is served, however heavy its calls are", async () => {
  const { server, open, ran } = busyServer();
  await using _server = server;
  const near = open();
  await near.send(range(0, 300).map(call).join(""));
  const found = await replies(near, 300);
  assertEquals(found.map(({ result }) => result), range(0, 300));
  assertEquals(ran.length, 300);
  near.abort();
});

Deno.test("connections take turns: one with many heavy calls does not keep another waiting", async () => {
  const { server, open, ran } = busyServer();
  await using _server = server;
  const [greedy, polite] = [open(), open()];
  await greedy.send(range(0, 100).map(call).join(""));
  await polite.send(call(1_000));
  const [reply] = await replies(polite, 1);
  assertEquals(reply?.result, 1_000);
  assert(ran.indexOf(1_000) < 10, `it ran as the call ${ran.indexOf(1_000)}`);
  assertEquals((await replies(greedy, 100)).length, 100);
  for (const near of [greedy, polite]) near.abort();
});

Deno.test("calls whose deadline passes while they wait are not run", async () => {
  const { server, open, ran } = busyServer();
  await using _server = server;
  const near = open();
  const meta = '"meta":{"timeoutMs":25},"params"';
  await near.send(range(0, 10).map((n) => call(n).replace('"params"', meta)).join(""));
  const found = await replies(near, 10);
  assertEquals(ran, [0, 1, 2]);
  assertEquals(found[9]?.error?.data.name, "deadline_exceeded");
  near.abort();
});

Deno.test("a connection is not read from while much of what came waits, and everything is served in the end", async () => {
  const { server, open, ran } = busyServer();
  await using _server = server;
  const near = open();
  const count = Math.ceil(3 * limits.maxWaitingCharacters / call(10_000).length / 50) * 50;
  const sending = (async () => {
    for (let from = 0; from < count; from += 50) {
      await near.send(range(from, from + 50).map(call).join(""));
    }
  })();
  const found = await replies(near, count);
  await sending;
  assertEquals(found.every(({ id }, at) => id === at), true);
  assertEquals(ran.length + found.filter(({ error }) => error !== undefined).length, count);
  near.abort();
});

Deno.test("a peer that ends its input while calls wait gets all replies", async () => {
  const clock = new TestClock();
  const work = { public: true, handler: () => clock.advance(10) };
  await using server = await serve({ listen: "tcp://127.0.0.1:0", methods: { work }, clock });
  const port = Number(server.addresses[0]!.split(":").at(-1));
  using socket = await Deno.connect({ port, hostname: "127.0.0.1" });
  await socket.write(new TextEncoder().encode(range(0, 20).map(call).join("")));
  await socket.closeWrite();
  const text = await new Response(socket.readable).text();
  const ids = text.trim().split("\n").map((line) => JSON.parse(line).id);
  assertEquals(ids, range(0, 20));
});

Deno.test("an HTTP request that came while the thread was busy is refused, and nothing in it is run", async () => {
  const { server, open, ran } = busyServer();
  await using _server = server;
  const [busy, foreign] = [open(), open()];
  await busy.send(range(0, 20).map(call).join(""));
  await foreign.send(`POST / HTTP/1.1\n${call(1_000)}`);
  const answer = await foreign.receive();
  assertStringIncludes(String(answer), "400 Bad Request");
  assertEquals((await replies(busy, 20)).length, 20);
  assertEquals(ran.includes(1_000), false);
  busy.abort();
});

Deno.test("times and numbers that cannot be used are refused", () => {
  const methods = {};
  for (const wrong of [0, -1, NaN]) {
    assertThrows(() => new Server({ methods, targetDelayMs: wrong }), RangeError, "above 0");
    assertThrows(() => new Server({ methods, delayIntervalMs: wrong }), RangeError, "above 0");
    assertThrows(() => new Server({ methods, maxConcurrentCalls: wrong }), RangeError, "1 or more");
  }
});
