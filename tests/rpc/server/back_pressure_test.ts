import { assert, assertEquals, assertRejects } from "@std/assert";
import { deadline } from "../../../lib/base/abort.ts";
import { RpcError } from "../../../lib/base/errors.ts";
import type { Observer } from "../../../lib/rpc/observer.ts";
import { limits } from "../../../lib/base/limits.ts";
import { connect } from "../../../lib/endpoint/connect.ts";
import { serve, type ServeOptions } from "../../../lib/endpoint/serve.ts";
import type { Context } from "../../../lib/rpc/method/context.ts";
import type { Methods } from "../../../lib/rpc/method/method.ts";
import { aliceGate } from "../../support/dispatch.ts";
import { RawPeer } from "../../support/raw_peer.ts";
import { startPair, Wire } from "../../support/rpc_pair.ts";

const LATE_MS = 30_000;
const MiB = 1024 * 1024;

/** Serves public methods over TCP, to peers whose every byte a test knows. */
async function start(methods: Methods, options: Partial<ServeOptions> = {}) {
  const server = await serve({
    listen: "tcp://127.0.0.1:0",
    methods,
    public: Object.keys(methods),
    ...options,
  });
  const address = server.addresses[0] ?? "";
  return {
    server,
    address,
    peer: () => RawPeer.connect(address),
    [Symbol.asyncDispose]: () => server.close(0),
  };
}

const request = (id: number, method: string) => `{"jsonrpc":"2.0","id":${id},"method":"${method}"}`;

/** A method that answers once the test lets all its calls go on. */
function together(answer: () => unknown) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const state = { begun: 0 };
  return {
    state,
    go: resolve,
    method: async () => {
      state.begun++;
      await promise;
      return answer();
    },
  };
}

Deno.test("replies that a client does not read cost no more than the budget of its connection", async () => {
  const blob = "x".repeat(700_000);
  const big = together(() => blob);
  const codes: (string | undefined)[] = [];
  await using place = await start({ big: big.method, one: () => 1 }, {
    observer: { callEnded: ({ errorCode }) => void codes.push(errorCode) },
  });
  using peer = await place.peer();
  const count = 300;
  await peer.send(Array.from({ length: count }, (_, id) => `${request(id, "big")}\n`).join(""));
  await using bystander = await connect(place.address);
  while (big.state.begun < count) await bystander.call("one");
  big.go();
  while (codes.length < count) await bystander.call("one");
  const refused = codes.filter((code) => code === "resource_exhausted").length;
  const kept = Math.floor(limits.maxReplyBytes / 700_000);
  assert(refused >= count - kept - 10, `${count - refused} results of 700 kB were kept`);
  let answered = 0;
  let told = "";
  for (; answered < count; answered++) {
    const { result, error } = JSON.parse(await deadline(peer.line(), LATE_MS));
    if (error === undefined) assertEquals(result.length, blob.length);
    else told = error.message;
  }
  assert(/has 700\d\d\d bytes, and \d+ bytes .* of at most 67108864/.test(told), told);
});

Deno.test("the replies of a batch are no longer than a line, and every element gets an answer", async () => {
  const blob = "x".repeat(700_000);
  const big = together(() => blob);
  await using place = await start({ big: big.method });
  using peer = await place.peer();
  const count = 150;
  const batch = Array.from({ length: count }, (_, id) => request(id, "big"));
  await peer.send(`[${batch.join(",")}]\n`);
  big.go();
  const line = await deadline(peer.line(), LATE_MS);
  assert(line.length <= limits.maxLineBytes, `the line has ${line.length} bytes`);
  const replies: { id: number; result?: string; error?: { code: number } }[] = JSON.parse(line);
  assertEquals(new Set(replies.map(({ id }) => id)).size, count);
  const full = replies.filter(({ result }) => result !== undefined).length;
  assert(full > 15 && full < 24, `${full} results`);
  assert(replies.every(({ error }) => error === undefined || error.code === -32005));
});

Deno.test("a batch whose replies take up a line runs no further elements", async () => {
  let ran = 0;
  const methods = { blob: () => (ran++, "x".repeat(4 * MiB)) };
  const ended = new Map<string | undefined, number>();
  const observer: Observer = {
    callEnded: ({ errorCode }) => void ended.set(errorCode, (ended.get(errorCode) ?? 0) + 1),
  };
  await using wire = await Wire.open(methods, { observer });
  const batch = Array.from({ length: 100 }, (_, id) => JSON.parse(request(id, "blob")));
  const replies = await wire.ask(batch);
  assertEquals([ran, replies.length], [4, 100]);
  assertEquals(replies[99].error.data.name, "resource_exhausted");
  assert(/was not run/.test(replies[99].error.message));
  const [succeeded, refused] = [ended.get(undefined) ?? 0, ended.get("resource_exhausted") ?? 0];
  assertEquals([succeeded + refused, refused >= 96], [100, true]);
});

Deno.test("a result of just a line is sent, and one byte more fails its own call with both sizes", async () => {
  const around = `{"jsonrpc":"2.0","id":1,"result":""}`.length;
  const most = limits.maxLineBytes - around;
  await using pair = await startPair({
    give: ({ length }: { length: number }) => "x".repeat(length),
    wide: ({ length }: { length: number }) => "다".repeat(length),
  });
  assertEquals((await pair.client.call("give", { length: most })).length, most);
  const { error } = await assertResult(pair.client.call("give", { length: most + 1 }));
  assertEquals([error.code, error.retryable], ["resource_exhausted", false]);
  assert(error.message.includes(`has ${limits.maxLineBytes + 1} bytes`), error.message);
  assert(error.message.includes(`may have ${limits.maxLineBytes}`), error.message);
  const wide = await assertResult(pair.client.call("wide", { length: most / 2 }));
  assertEquals(wide.error.code, "resource_exhausted");
  assertEquals(await pair.client.call("give", { length: 1 }), "x");
});

async function assertResult(call: Promise<unknown>) {
  return { error: await assertRejects(() => deadline(call, LATE_MS), RpcError) };
}

for (const count of [4, 64]) {
  Deno.test(`two peers that owe each other ${count} results of 600 kB get them all`, async () => {
    const blob = "x".repeat(600_000);
    const give = { give: () => blob };
    const methods = {
      give: () => blob,
      /** Calls back, as often as it was told, all at once. */
      async exchange({ count }: { count: number }, context: Context) {
        const results = await Promise.all(
          Array.from({ length: count }, () => context.call("give")),
        );
        return results.map((result) => (result as string).length);
      },
    };
    // Both ends are signed in: strangers may not send lines of that length.
    await using place = await start(methods, { gate: aliceGate });
    await using client = await connect<typeof methods>(place.address, { methods: give });
    const theirs = client.call("exchange", { count });
    const mine = Array.from({ length: count }, () => client.call("give"));
    const lengths = new Array(count).fill(blob.length);
    assertEquals(await deadline(theirs, LATE_MS), lengths);
    const results = await deadline(Promise.all(mine), LATE_MS);
    assertEquals(results.map(({ length }) => length), lengths);
  });
}

Deno.test("two peers that ask each other for much with much never wait for each other", async () => {
  const blob = "x".repeat(600_000);
  const give = { give: (_: unknown) => blob };
  const settled = (calls: Promise<unknown>[]) =>
    Promise.all(calls.map((call) => call.then(() => "done", (error) => error.code)));
  const methods = {
    ...give,
    exchange: (_: unknown, context: Context) =>
      settled(Array.from({ length: 64 }, () => context.call("give", [blob]))),
  };
  await using place = await start(methods, { gate: aliceGate });
  await using client = await connect<typeof methods>(place.address, { methods: give });
  const theirs = client.call("exchange");
  const mine = settled(Array.from({ length: 64 }, () => client.call("give", [blob])));
  for (const outcomes of await deadline(Promise.all([theirs, mine]), LATE_MS)) {
    assertEquals(outcomes.length, 64);
    assert(outcomes.includes("done"));
    assert(outcomes.every((outcome) => outcome === "done" || outcome === "resource_exhausted"));
  }
});

Deno.test("a peer that takes nothing for the named time is cut with the reason, in both directions", async () => {
  for (const method of ["blob", "ask"]) {
    const closed = Promise.withResolvers<string | undefined>();
    const failed = Promise.withResolvers<string>();
    const text = "x".repeat(10 * MiB);
    await using place = await start({
      blob: () => text,
      ask: (_: unknown, context: Context) =>
        context.call("any", { text }).catch((error) => failed.resolve(error.code)),
    }, {
      stalledPeerMs: 50,
      observer: { connectionClosed: (_, reason) => closed.resolve(reason) },
    });
    using peer = await place.peer();
    await peer.send(`${request(1, method)}\n`);
    assertEquals(
      await deadline(closed.promise, LATE_MS),
      "The other side took nothing of what waits for it for 50 ms",
    );
    if (method === "ask") assertEquals(await deadline(failed.promise, LATE_MS), "unavailable");
  }
});

Deno.test("requests behind replies that are not read wait within a bound, and are served later in order", async () => {
  const ran: number[] = [];
  await using place = await start({
    blob: ({ n }: { n: number }) => (ran.push(n), "x".repeat(8 * MiB)),
    note: ({ n }: { n: number }) => ran.push(n),
  });
  using peer = await place.peer();
  const call = (method: string, n: number) =>
    `{"jsonrpc":"2.0","id":${n},"method":"${method}","params":{"n":${n}}}\n`;
  await peer.send(call("blob", 0) + call("note", 1) + call("blob", 2) + call("note", 3));
  const cancel = `{"jsonrpc":"2.0","method":"rpc.cancel","params":{"id":3}}\n`;
  await peer.send(cancel);
  await using bystander = await connect(place.address);
  for (let n = 0; n < 20; n++) await bystander.call("rpc.ping" as never);
  assertEquals(ran, [0]);
  assertEquals(JSON.parse(await deadline(peer.line(), LATE_MS)).id, 0);
  assertEquals(JSON.parse(await deadline(peer.line(), LATE_MS)).result, 2);
  assertEquals(JSON.parse(await deadline(peer.line(), LATE_MS)).id, 2);
  const cancelled = JSON.parse(await deadline(peer.line(), LATE_MS));
  assertEquals([cancelled.id, cancelled.error.data.name], [3, "cancelled"]);
  assertEquals(ran, [0, 1, 2]);
});

Deno.test("context.notify() fails instead of filling memory for a caller that does not read", async () => {
  const told = Promise.withResolvers<[sent: number, code: string]>();
  await using place = await start({
    flood(_: unknown, context: Context) {
      const text = "x".repeat(MiB);
      for (let sent = 0;; sent++) {
        try {
          context.notify("progress", { text });
        } catch (error) {
          return told.resolve([sent, (error as RpcError).code]);
        }
      }
    },
  });
  using peer = await place.peer();
  await peer.send(`${request(1, "flood")}\n`);
  const [sent, code] = await deadline(told.promise, LATE_MS);
  assertEquals([sent, code], [limits.maxReplyBytes / MiB - 1, "resource_exhausted"]);
});
