import { assertEquals, assertRejects } from "@std/assert";
import { RpcError } from "../../../lib/base/errors.ts";
import { codeOf, Told } from "../../support/pool.ts";
import { serveHere, serveInWorker } from "../../support/rpc_over_pipe.ts";

const places = { "in this thread": serveHere, "in a worker": serveInWorker };

for (const [place, start] of Object.entries(places)) {
  const test = (name: string, fn: () => Promise<void>) =>
    Deno.test(`over a pipe, the server ${place}: ${name}`, fn);

  test("calls are answered, many at a time", async () => {
    await using pair = await start();
    const calls = Array.from({ length: 2_000 }, (_, a) => pair.client.call("add", { a, b: 1 }));
    assertEquals(await Promise.all(calls), Array.from({ length: 2_000 }, (_, a) => a + 1));
  });

  test("values longer than the pipe arrive whole", async () => {
    await using pair = await start();
    const text = "다리".repeat(1_000_000);
    assertEquals(await pair.client.call("echo", { text }), { text });
  });

  test("errors keep their code and advice, and tell nothing more", async () => {
    await using pair = await start();
    const typed = await assertRejects(() => pair.client.call("failTyped"), RpcError);
    assertEquals([typed.code, typed.retryable, typed.retryAfterMs], ["not_found", true, 250]);
    const inside = await assertRejects(() => pair.client.call("fail"), RpcError);
    assertEquals([inside.code, inside.message], ["internal", "Internal error"]);
    assertEquals(await codeOf(pair.client.call("nothing")), "method_not_found");
  });

  test("a deadline ends a call", async () => {
    using told = new Told();
    await using pair = await start();
    const call = pair.client.call("deaf", { channel: told.channel }, { timeoutMs: 20 });
    assertEquals(await codeOf(call), "deadline_exceeded");
    assertEquals(await pair.client.call("add", { a: 1, b: 1 }), 2);
  });

  test("a call that is cancelled is cancelled at the other end", async () => {
    using told = new Told();
    await using pair = await start();
    const controller = new AbortController();
    const { signal } = controller;
    const call = codeOf(pair.client.call("untilCancelled", { channel: told.channel }, { signal }));
    await told.hear("started");
    controller.abort();
    assertEquals(await call, "cancelled");
    await told.hear("cancelled");
  });

  test("a stream gives its items in order, and ends where its reader stops", async () => {
    await using pair = await start();
    const before = await pair.client.call("endedStreams") as number;
    let expected = 1;
    for await (const item of pair.client.stream("numbers")) {
      assertEquals(item, expected++);
      if (expected > 3_000) break;
    }
    while (await pair.client.call("endedStreams") === before);
  });

  test("a server that goes away ends the calls that wait", async () => {
    using told = new Told();
    await using pair = await start();
    const call = codeOf(pair.client.call("deaf", { channel: told.channel }));
    await told.hear("started");
    pair.kill();
    assertEquals(await call, "unavailable");
    assertEquals(await codeOf(pair.client.call("add", { a: 1, b: 1 })), "unavailable");
  });
}
