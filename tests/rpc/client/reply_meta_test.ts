import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { RpcError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import type { OpenRpcDocument } from "../../../lib/protocol/openrpc.ts";
import type { Client } from "../../../lib/rpc/client/client.ts";
import { Deprecations } from "../../../lib/rpc/link/deprecations.ts";
import type { Context } from "../../../lib/rpc/method/context.ts";
import { method } from "../../../lib/rpc/method/method.ts";
import { startPair, Wire } from "../../support/rpc_pair.ts";

const methods = {
  tell: (_: unknown, { meta }: Context) => meta.baggage ?? null,
  cost(_: unknown, context: Context) {
    context.setBaggage("cost", "12");
    context.setBaggage("region", "eu");
    return "done";
  },
  fails(_: unknown, context: Context) {
    context.setBaggage("cost", "1");
    throw new TypeError("no");
  },
  async *count(_: unknown, context: Context) {
    yield await Promise.resolve(1);
    context.setBaggage("items", "1");
  },
  old: method({ deprecated: "call cost", handler: () => 1 }),
  older: method({ deprecated: true, handler: () => 1 }),
  kept: method({ deprecated: false, handler: () => 1 }),
};

Deno.test("baggage travels to the handler", async () => {
  await using pair = await startPair(methods);
  const baggage = { tenant: "de", text: "日本" };
  assertEquals(await pair.client.call("tell", undefined, { meta: { baggage } }), baggage);
  assertEquals(await pair.client.call("tell"), null);
});

Deno.test("baggage of a reply travels to onReply(), before the call ends", async () => {
  await using pair = await startPair(methods, { observer: [] });
  const heard: unknown[] = [];
  const onReply = ({ baggage }: { baggage: unknown }) => void heard.push(baggage);
  await pair.client.call("cost", undefined, { onReply }).then(() => heard.push("ended"));
  assertEquals(heard, [{ cost: "12", region: "eu" }, "ended"]);
  await assertRejects(() => pair.client.call("fails", undefined, { onReply }), RpcError);
  assertEquals(heard[2], { cost: "1" });
  await Array.fromAsync(pair.client.stream("count", undefined, { onReply }));
  assertEquals(heard[3], { items: "1" });
});

Deno.test("an onReply() that throws harms nothing", async () => {
  await using pair = await startPair(methods);
  const onReply = () => {
    throw new Error("the program's own");
  };
  assertEquals(await pair.client.call("cost", undefined, { onReply }), "done");
});

Deno.test("a caller that does not ask reads the result alone", async () => {
  await using wire = await Wire.open(methods);
  assertEquals(await wire.ask({ jsonrpc: "2.0", id: 1, method: "cost" }), {
    jsonrpc: "2.0",
    id: 1,
    result: "done",
    meta: { baggage: { cost: "12", region: "eu" } },
  });
  const [first] = await wire.ask([{ jsonrpc: "2.0", id: 2, method: "cost" }]);
  assertEquals(first.meta.baggage.cost, "12");
});

Deno.test("setBaggage() refuses what cannot travel, and keeps what was there", async () => {
  const refused: string[] = [];
  await using pair = await startPair({
    run(_: unknown, context: Context) {
      context.setBaggage("kept", "yes");
      for (
        const [name, value] of [["", "v"], ["a\n", "v"], ["a", "\0"], [
          "a",
          "v".repeat(limits.maxBaggageBytes),
        ]] as const
      ) {
        try {
          context.setBaggage(name, value);
        } catch (error) {
          refused.push((error as RangeError).name);
        }
      }
    },
  });
  const told: unknown[] = [];
  await pair.client.call("run", undefined, { onReply: ({ baggage }) => void told.push(baggage) });
  assertEquals([refused, told], [Array(4).fill("RangeError"), [{ kept: "yes" }]]);
});

Deno.test("baggage over its bound is refused by the server", async () => {
  await using pair = await startPair(methods);
  const baggage = { k: "v".repeat(limits.maxBaggageBytes) };
  const error = await assertRejects(
    () => pair.client.call("tell", undefined, { meta: { baggage } }),
    RpcError,
    "meta.baggage has 8193 bytes",
  );
  assertEquals(error.code, "invalid_request");
});

Deno.test("a deprecated method is told once to the caller's log", async () => {
  const told: string[][] = [];
  await using pair = await startPair(methods, {}, {
    onDeprecated: (method, advice) => void told.push([method, advice]),
  });
  for (const name of ["old", "old", "older", "kept", "old"] as const) {
    assertEquals(await pair.client.call(name), 1);
  }
  assertEquals(told, [["old", "call cost"], ["older", ""]]);
});

Deno.test("a deprecated method is told on the console unless somebody asks", async () => {
  const written: string[] = [];
  const { warn } = console;
  console.warn = (line: string) => void written.push(line);
  try {
    await using pair = await startPair(methods);
    for (const name of ["old", "older", "old"] as const) await pair.client.call(name);
  } finally {
    console.warn = warn;
  }
  assertEquals(written, ['dari: "old" is deprecated: call cost', 'dari: "older" is deprecated']);
});

Deno.test("Deprecations escapes and cuts what a server says", () => {
  const told: string[] = [];
  const deprecations = new Deprecations((_, advice) => void told.push(advice));
  deprecations.tell("a", "line\nfeed");
  deprecations.tell("b", "x".repeat(1_000));
  assertEquals(told, ["line\\u000afeed", "x".repeat(limits.maxAdviceShownLength)]);
});

Deno.test("Deprecations remembers a bounded number of methods", () => {
  let told = 0;
  const deprecations = new Deprecations(() => void told++);
  const tellAll = () => {
    for (let n = 0; n <= limits.maxDeprecatedRemembered; n++) deprecations.tell(`m${n}`, true);
  };
  tellAll();
  assertEquals(told, limits.maxDeprecatedRemembered + 1);
  deprecations.tell(`m${limits.maxDeprecatedRemembered}`, true);
  assertEquals(told, limits.maxDeprecatedRemembered + 1);
});

Deno.test("rpc.discover shows what is deprecated", async () => {
  await using pair = await startPair(methods);
  const document = await (pair.client as unknown as Client).call("rpc.discover") as OpenRpcDocument;
  const shown = document.methods.filter(({ deprecated }) => deprecated !== undefined)
    .map((method) => [method.name, method.deprecated, method["x-deprecated"]]);
  assertEquals(shown, [["old", true, "call cost"], ["older", true, undefined]]);
  assertStringIncludes(JSON.stringify(document), '"x-deprecated":"call cost"');
});
