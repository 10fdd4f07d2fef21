import { assert, assertEquals, assertMatch } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { type EventForm, EventStream } from "../../../lib/http/call/event_stream.ts";
import { method } from "../../../lib/rpc/method/method.ts";
import { startHttps, WAYS } from "../../support/https_server.ts";

const EVENTS = { accept: "text/event-stream" };

function methodsOf(ended: () => void = () => {}, made: () => void = () => {}) {
  return {
    count: method({
      public: true,
      async *handler({ n, fail }: { n: number; fail?: boolean }) {
        for (let i = 0; i < n; i++) yield { i, text: "a\nb" };
        if (fail) throw new DariError("not_found", "Gone");
        return "end";
      },
    }),
    quiet: method({
      public: true,
      async *handler(_: unknown, { signal }: { signal: AbortSignal }) {
        try {
          await new Promise((resolve) => signal.addEventListener("abort", resolve));
          yield 1;
        } finally {
          ended();
        }
      },
    }),
    flood: method({
      public: true,
      async *handler() {
        const text = "x".repeat(10_000);
        while (true) {
          made();
          yield text;
        }
      },
    }),
    log: method({
      public: true,
      cursor: { param: "after", item: "at" },
      async *handler({ n, after = 0 }: { n: number; after?: number }) {
        for (let at = after + 1; at <= n; at++) yield { at, text: "line" };
      },
    }),
    add: method({ public: true, handler: ({ a, b }: { a: number; b: number }) => a + b }),
    secret: async function* () {
      yield 1;
    },
  };
}

for (const engine of WAYS) {
  Deno.test(`a stream's items are events, and its result is the last one (${engine})`, async () => {
    await using gateway = await startHttps(methodsOf(), { engine });
    const reply = await gateway.post("/rpc/count", { n: 2 }, EVENTS);
    assertEquals(reply.headers.get("content-type"), "text/event-stream");
    const item = (i: number) => `data: {"i":${i},"text":"a\\nb"}\n\n`;
    assertEquals(await reply.text(), `${item(0)}${item(1)}event: result\ndata: "end"\n\n`);
    const params = encodeURIComponent('{"n":1}');
    const got = await gateway.fetch(`/rpc/count?params=${params}`, { headers: EVENTS });
    assertEquals(await got.text(), `${item(0)}event: result\ndata: "end"\n\n`);
  });

  Deno.test(`a stream that fails ends with its problem, and before its first item with a status (${engine})`, async () => {
    await using gateway = await startHttps(methodsOf(), { engine });
    const late = await gateway.post("/rpc/count", { n: 1, fail: true }, EVENTS);
    assertEquals(late.status, 200);
    assertMatch(await late.text(), /event: problem\ndata: \{"title":"Not Found","status":404/);
    const early = await gateway.post("/rpc/count", { n: 0, fail: true }, EVENTS);
    assertEquals([early.status, (await early.json()).detail], [404, "Gone"]);
    const stranger = await gateway.post("/rpc/secret", {}, EVENTS);
    assertEquals(stranger.status, 401);
    await stranger.body?.cancel();
  });

  Deno.test(`a stream that is not asked for as events is refused and ended (${engine})`, async () => {
    await using gateway = await startHttps(methodsOf(), { engine });
    const reply = await gateway.post("/rpc/count", { n: 3 });
    assertEquals(reply.status, 400);
    assertMatch((await reply.json()).detail, /Accept: text\/event-stream/);
    const got = await gateway.fetch("/rpc/count");
    assertEquals(got.status, 406);
    await got.body?.cancel();
  });

  Deno.test(`GET calls no method that is not a stream (${engine})`, async () => {
    await using gateway = await startHttps(methodsOf(), { engine });
    for (const name of ["add", "nothing", "rpc.login"]) {
      const reply = await gateway.fetch(`/rpc/${name}?params={}`, { headers: EVENTS });
      assertEquals([reply.status, reply.headers.get("allow")], [405, "POST"]);
      await reply.body?.cancel();
    }
  });

  Deno.test(`a stream without items yet has its head, and ends with its reader (${engine})`, async () => {
    const ended = Promise.withResolvers<void>();
    await using gateway = await startHttps(methodsOf(ended.resolve), { engine });
    const began = performance.now();
    const reply = await gateway.post("/rpc/quiet", {}, EVENTS);
    // A busy machine has its time, but it is not that of a call.
    assert(performance.now() - began < 80 * limits.eventStreamHeadMs);
    await reply.body?.cancel();
    await ended.promise;
  });

  Deno.test(`a reader that comes back reads on behind the last event that it has (${engine})`, async () => {
    await using gateway = await startHttps(methodsOf(), { engine });
    const params = `params=${encodeURIComponent('{"n":3}')}`;
    const first = await gateway.fetch(`/rpc/log?${params}`, { headers: EVENTS });
    const ids = [...(await first.text()).matchAll(/^id: (.*)\ndata: \{"at":(\d)/gm)];
    assertEquals(ids.map(([, id, at]) => [id, at]), [["1", "1"], ["2", "2"], ["3", "3"]]);
    const headers = { ...EVENTS, "last-event-id": "2" };
    const again = await gateway.fetch(`/rpc/log?${params}`, { headers });
    assertMatch(await again.text(), /^id: 3\ndata: \{"at":3,"text":"line"\}\n\nevent: result\n/);
    const wrong = await gateway.post("/rpc/log", { n: 3 }, { ...EVENTS, "last-event-id": "{" });
    assertEquals(wrong.status, 400);
    await wrong.body?.cancel();
    const byPosition = await gateway.post("/rpc/log", [3], headers);
    assertEquals(byPosition.status, 400);
    await byPosition.body?.cancel();
  });

  Deno.test(`a stream ends with a problem when its server stops (${engine})`, async () => {
    await using gateway = await startHttps(methodsOf(), { engine });
    const reply = await gateway.post("/rpc/quiet", {}, EVENTS);
    const [text] = await Promise.all([reply.text(), gateway.server.close(50)]);
    assertMatch(text, /^event: problem\ndata: .*"status":503/m);
  });

  Deno.test(`a reader that does not read makes its stream wait (${engine})`, async () => {
    let items = 0;
    await using gateway = await startHttps(methodsOf(undefined, () => void items++), { engine });
    const reply = await gateway.post("/rpc/flood", {}, EVENTS);
    // Each call gives the stream a turn; one that need not wait makes items in every one.
    for (let callsWithoutItem = 0, before = -1; callsWithoutItem < 50; callsWithoutItem++) {
      if (before !== items) callsWithoutItem = 0;
      before = items;
      await (await gateway.post("/rpc/add", { a: 1, b: 2 })).text();
      // What the system's sockets and HTTP/2's window hold is some megabytes.
      assert(items < 5_000, `${items} items were made`);
    }
    assert(items * 10_000 > limits.maxEventBytesUnsent);
    await reply.body?.cancel();
  });
}

Deno.test("EventStream is full once maxEventBytesUnsent wait, and drained once they are read", async () => {
  const form: EventForm = { item: (line) => line, last: (line) => line, failure: () => undefined };
  const stream = new EventStream(form, {}, { onGone: () => {}, budget: { settle: () => {} } });
  const half = "x".repeat(limits.maxEventBytesUnsent / 2);
  stream.push(half);
  stream.push(half.slice(1));
  assertEquals(stream.isFull, false);
  stream.push("x");
  assertEquals(stream.isFull, true);
  let isDrained = false;
  const drained = stream.drained().then(() => isDrained = true);
  const reader = ((await stream.answer).body as ReadableStream<Uint8Array>).getReader();
  await Promise.resolve();
  assertEquals(isDrained, false);
  await reader.read();
  await drained;
  assertEquals(stream.isFull, false);
  await reader.cancel();
});
