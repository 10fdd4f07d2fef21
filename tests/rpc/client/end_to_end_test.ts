import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError, errorTable, RpcError, TransportError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { listenMemory } from "../../../lib/transport/memory.ts";
import type { Client } from "../../../lib/rpc/client/client.ts";
import type { Context } from "../../../lib/rpc/method/context.ts";
import { connect } from "../../../lib/endpoint/connect.ts";
import { serve } from "../../../lib/endpoint/serve.ts";
import { startPair } from "../../support/rpc_pair.ts";
import { tempDirectory } from "../../support/temp.ts";

Deno.test("one connection carries many calls at once, answered in the order they end", async () => {
  const waiting: (() => void)[] = [];
  await using pair = await startPair({
    hold: ({ n }: { n: number }) =>
      new Promise<number>((resolve) => {
        waiting.push(() => resolve(n));
        if (waiting.length === 300) {
          queueMicrotask(() => waiting.reverse().forEach((end) => end()));
        }
      }),
  });
  const ended: number[] = [];
  const calls = Array.from({ length: 300 }, (_, n) =>
    pair.client.call("hold", { n }).then((m) => {
      assertEquals(m, n);
      ended.push(n);
    }));
  await Promise.all(calls);
  assertEquals(ended, Array.from({ length: 300 }, (_, n) => 299 - n));
});

Deno.test("a public error reaches the caller with its code, words and advice", async () => {
  for (const code of Object.keys(errorTable) as (keyof typeof errorTable)[]) {
    if (!errorTable[code].public) continue;
    await using pair = await startPair({
      fail() {
        throw new DariError(code, "as it was said", { retryAfterMs: 7, retryable: true });
      },
    });
    const error = await assertRejects(() => pair.client.call("fail"), RpcError, "as it was said");
    assertEquals([error.code, error.retryAfterMs, error.retryable], [code, 7, true]);
  }
});

Deno.test("handler and caller call each other over one connection", async () => {
  const heard: unknown[] = [];
  const methods = {
    async ask(_: unknown, context: Context) {
      context.notify("progress", { part: 1 });
      const name = await context.call("name", { title: "Dr" });
      return `hello ${name}`;
    },
  };
  await using pair = await startPair(methods, {}, {
    methods: {
      name: ({ title }: { title: string }) => `${title} Ann`,
      progress: (params: unknown) => heard.push(params),
    },
  });
  assertEquals(await pair.client.call("ask"), "hello Dr Ann");
  assertEquals(heard, [{ part: 1 }]);
});

Deno.test("large calls both ways at once do not wait for each other for ever", async () => {
  const text = "x".repeat(1024 * 1024);
  // Ten of them may wait at a caller that waits itself; what is beyond it refuses, and does not wait.
  const part = "x".repeat(Math.floor(limits.maxParkedBytes / 10) - 100);
  const echo = (value: string[]) => value;
  const methods = {
    echo,
    back: async (_: unknown, context: Context) => {
      // What went wrong in a call of the handler's own does not reach the caller by itself.
      const echoes = Array.from(
        { length: 10 },
        () => context.call("echo", [part]).then(() => "echoed", (error) => String(error)),
      );
      return await Promise.all(echoes);
    },
  };
  await using directory = await tempDirectory();
  const listen = `unix:${directory.path}/s`; // A socket, since it holds less than one call.
  await using _server = await serve({ listen, methods });
  await using client = await connect<typeof methods>(listen, { methods: { echo } });
  const calls = Array.from({ length: 30 }, () => client.call("echo", [text]));
  assertEquals((await Promise.all(calls)).every(([value]) => value === text), true);
  assertEquals(await client.call("back"), Array(10).fill("echoed"));
});

Deno.test("when the connection dies every call that waits rejects at once", async () => {
  const memory = listenMemory();
  const connecting = connect(memory);
  let far;
  for await (const connection of memory) {
    far = connection;
    break;
  }
  await using client: Client = await connecting;
  const calls = Array.from({ length: 100 }, () => client.call("any").catch((error) => error));
  const items = Array.fromAsync(client.stream("any")).catch((error) => error);
  await far?.receive();
  far?.abort();
  for (const error of [...await Promise.all(calls), await items]) {
    assert(error instanceof TransportError);
    assertEquals([error.code, error.retryable], ["unavailable", true]);
  }
});
