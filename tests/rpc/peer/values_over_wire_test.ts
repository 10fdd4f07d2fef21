import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { DariError, RpcError } from "../../../lib/base/errors.ts";
import type { Context } from "../../../lib/rpc/method/context.ts";
import { startPair, Wire } from "../../support/rpc_pair.ts";

const values = {
  bytes: new Uint8Array([1, 2, 255]),
  long: new Uint8Array(100_000).fill(7),
  floats: new Float64Array([1.5, -0]),
  when: new Date("2026-01-02T03:04:05.678Z"),
  big: 2n ** 80n,
  map: new Map<unknown, unknown>([[{ key: 1 }, new Set([1, 2])]]),
  url: new URL("https://example.com/path?x=1"),
  missing: undefined,
  list: [undefined, NaN, -0, Infinity],
  plain: { text: "다리", types: { "": "date" } },
};

Deno.test("values arrive as what they were, there and back", async () => {
  await using pair = await startPair({
    echo: ({ value }: { value: unknown }) => {
      assertEquals(value, values);
      return value;
    },
  });
  assertEquals(await pair.client.call("echo", { value: values }), values);
});

Deno.test("an error travels as data, without its stack", async () => {
  await using pair = await startPair({ echo: ({ value }: { value: unknown }) => value });
  const sent = Object.assign(new RangeError("too far", { cause: new Date(0) }), { code: "E_FAR" });
  const got = await pair.client.call("echo", { value: [sent] }) as unknown[];
  const [error] = got as [RangeError & { code: string }];
  assertInstanceOf(error, RangeError);
  assertEquals([error.message, error.code, error.cause], ["too far", "E_FAR", new Date(0)]);
  assert(!error.stack?.includes("values_over_wire_test"), error.stack);
});

Deno.test("items of a stream and notifications carry values too", async () => {
  const noticed = Promise.withResolvers<unknown>();
  await using pair = await startPair(
    {
      async *items(_: unknown, context: Context) {
        context.notify("notice", { value: values });
        yield await Promise.resolve(values);
        yield undefined;
      },
    },
    {},
    { methods: { notice: ({ value }: { value: unknown }) => noticed.resolve(value) } },
  );
  const items = await Array.fromAsync(pair.client.stream("items"));
  assertEquals(items as unknown[], [values, null]);
  assertEquals(await noticed.promise, values);
});

Deno.test("a handler's call of its caller carries values both ways", async () => {
  await using pair = await startPair(
    {
      ask: (_: unknown, context: Context) => context.call("echo", { value: values }),
    },
    {},
    { methods: { echo: ({ value }: { value: unknown }) => value } },
  );
  assertEquals(await pair.client.call("ask"), values as never);
});

Deno.test("to a peer that never said hello a value goes in its plain form", async () => {
  await using wire = await Wire.open({
    value: () => ({ when: new Date(0), bytes: new Uint8Array([1, 2]), n: 5n, none: undefined }),
  }, { public: ["value"] });
  const reply = await wire.ask({ jsonrpc: "2.0", id: 1, method: "value" });
  assertEquals(reply, {
    jsonrpc: "2.0",
    id: 1,
    result: { when: "1970-01-01T00:00:00.000Z", bytes: "AQI=", n: "5" },
  });
});

Deno.test("types of a peer that never said hello are ignored", async () => {
  await using wire = await Wire.open({ type: ({ value }: { value: unknown }) => typeof value }, {
    public: ["type"],
  });
  const params = { value: "5" };
  const message = { jsonrpc: "2.0", id: 1, method: "type", params, types: { "/value": "bigint" } };
  assertEquals((await wire.ask(message)).result, "string");
});

Deno.test("types that do not fit are invalid params, and the connection goes on", async () => {
  await using wire = await Wire.open({ echo: ({ value }: { value: unknown }) => value }, {
    public: ["echo"],
  });
  const hello = { versions: ["dari/1"], features: ["values"] };
  await wire.ask({ jsonrpc: "2.0", id: 0, method: "rpc.hello", params: hello });
  for (
    const types of [7, { "/nothing": "date" }, { "/value": "no such type" }, { "/value": "date" }, {
      value: "date",
    }, { "/__proto__": "map" }]
  ) {
    const message = { jsonrpc: "2.0", id: 1, method: "echo", params: { value: "x" }, types };
    assertEquals((await wire.ask(message)).error.code, -32602, JSON.stringify(types));
  }
  const good = { jsonrpc: "2.0", id: 2, method: "echo", params: { value: "7" } };
  assertEquals(await wire.ask({ ...good, types: { "/value": "bigint" } }), {
    jsonrpc: "2.0",
    id: 2,
    types: { "": "bigint" },
    result: "7",
  });
});

Deno.test("what cannot travel is refused with its path", async () => {
  await using pair = await startPair({ echo: ({ value }: { value: unknown }) => value });
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  for (
    const [value, path] of [
      [{ list: [() => 1] }, "params.value.list[0]"],
      [cycle, "params.value.self"],
      [{ p: Promise.resolve(1) }, "params.value.p"],
      [{ s: Symbol("s") }, "params.value.s"],
    ] as const
  ) {
    const error = await assertRejects(() => pair.client.call("echo", { value }), DariError, path);
    assertEquals(error.code, "invalid_params");
  }
});

Deno.test("the data of an error carries values", async () => {
  await using pair = await startPair({
    fail: () => {
      throw new RpcError("not_found", "gone", { data: { since: new Date(5) } });
    },
  });
  const error = await assertRejects(() => pair.client.call("fail"), RpcError);
  assertEquals((error.data as { since: Date }).since, new Date(5));
});
