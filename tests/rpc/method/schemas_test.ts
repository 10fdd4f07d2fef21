import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { type } from "arktype";
import * as v from "valibot";
import { z } from "zod";
import { RpcError } from "../../../lib/base/errors.ts";
import type { Client } from "../../../lib/rpc/client/client.ts";
import { method } from "../../../lib/rpc/method/method.ts";
import type { Schema } from "../../../lib/rpc/method/schema.ts";
import type { OpenRpcDocument } from "../../../lib/protocol/openrpc.ts";
import { startPair } from "../../support/rpc_pair.ts";

const add = ({ a, b }: { a: number; b: number }) => a + b;

/** The document; typed clients know the user's methods alone. */
async function discover(client: unknown): Promise<OpenRpcDocument> {
  return await (client as Client).call("rpc.discover") as OpenRpcDocument;
}

const validators = {
  zod: method({ params: z.object({ a: z.number(), b: z.number() }), handler: add }),
  valibot: method({
    params: v.object({ a: v.number(), b: v.number() }),
    positions: ["a", "b"], // valibot itself does not describe its schemas.
    handler: add,
  }),
  arktype: method({ params: type({ a: "number", b: "number" }), handler: add }),
};

for (const [name, add] of Object.entries(validators)) {
  Deno.test(`params are checked by ${name}, by name and by position`, async () => {
    await using pair = await startPair({ add });
    assertEquals(await pair.client.call("add", { a: 1, b: 2 }), 3);
    assertEquals(await pair.client.call("add", [1, 2]), 3);
    for (const wrong of [{ a: 1 }, { a: 1, b: "2" }, [1, "2"], [1], []]) {
      const error = await assertRejects(
        () => pair.client.call("add", wrong as unknown as { a: number; b: number }),
        RpcError,
        'Invalid params for "add":',
      );
      assertEquals(error.code, "invalid_params");
      assertMatch(error.message, /\bb\b/);
    }
  });
}

Deno.test("a schema converts the params that the handler gets", async () => {
  const when = method({
    params: z.object({ at: z.iso.datetime().transform((text) => new Date(text)) }),
    handler: ({ at }) => at.getTime(),
  });
  await using pair = await startPair({ when });
  assertEquals(await pair.client.call("when", { at: "1970-01-01T00:00:01Z" }), 1_000);
});

Deno.test("a schema may answer later", async () => {
  const known = method({
    params: z.object({ name: z.string().refine((name) => Promise.resolve(name === "ann")) }),
    handler: ({ name }) => name,
  });
  await using pair = await startPair({ known });
  assertEquals(await pair.client.call("known", { name: "ann" }), "ann");
  await assertRejects(() => pair.client.call("known", { name: "eve" }), RpcError, "name");
});

Deno.test("a result that breaks its schema is the server's fault, and its words stay there", async () => {
  const failures: unknown[] = [];
  const now = method({ result: z.object({ ms: z.number() }), handler: () => ({ ms: "secret" }) });
  const ticks = method({
    result: z.number(),
    async *handler() {
      yield await Promise.resolve(1);
      yield "secret";
    },
  });
  const observer = { handlerFailed: (_: unknown, error: unknown) => void failures.push(error) };
  await using pair = await startPair({ now, ticks }, { observer });
  const error = await assertRejects(() => pair.client.call("now"), RpcError);
  assertEquals([error.code, error.message], ["internal", "Internal error"]);
  const items: unknown[] = [];
  await assertRejects(async () => {
    for await (const item of pair.client.stream("ticks")) items.push(item);
  }, RpcError);
  assertEquals(items, [1]);
  assertEquals(failures.length, 2);
});

Deno.test("rpc.discover tells the JSON Schema of a method's params, where the validator has one", async () => {
  await using pair = await startPair(validators);
  const { methods } = await discover(pair.client);
  const schemas = Object.fromEntries(
    methods.map(({ name, params }) => [name, params.map((param) => [param.name, param.schema])]),
  );
  const numbers = [["a", { type: "number" }], ["b", { type: "number" }]];
  assertEquals(schemas.zod, numbers);
  assertEquals(schemas.arktype, numbers);
  assertEquals(schemas.valibot, [["a", true], ["b", true]]);
});

Deno.test("more positions than names are refused", async () => {
  await using pair = await startPair({ add: validators.zod });
  const error = await assertRejects(
    () => pair.client.call("add", [1, 2, 3]),
    RpcError,
    "at most 2",
  );
  assertEquals(error.code, "invalid_params");
});

Deno.test("a plain function without names gets positions as the list that they are", async () => {
  await using pair = await startPair({ sum: (all: number[]) => all.reduce((a, b) => a + b) });
  assertEquals(await pair.client.call("sum", [1, 2, 3]), 6);
});

/** Methods that want a date and bytes, each with its validator. */
const exact = {
  zod: z.object({ at: z.date(), data: z.instanceof(Uint8Array).optional() }),
  arktype: type({ at: "Date", "data?": "TypedArray.Uint8" }),
};

for (const [name, params] of Object.entries(exact)) {
  Deno.test(`text of a peer that sends JSON alone becomes what ${name} wants`, async () => {
    const tell = method({
      params: params as Schema<never, { at: Date; data?: Uint8Array }>,
      handler: ({ at, data }) => [at.getTime(), [...data ?? []]],
    });
    await using pair = await startPair({ tell });
    const call = (params: unknown) => (pair.client as Client).call("tell", params);
    assertEquals(await call({ at: "1970-01-01T00:00:01Z", data: "AQI=" }), [1_000, [1, 2]]);
    const error = await assertRejects(() => call({ at: "yesterday" }), RpcError);
    assertMatch(error.message, /^Invalid params for "tell": at: .*/);
    const both = await assertRejects(
      () => call({ at: "1970-01-01T00:00:01Z", data: "?" }),
      RpcError,
    );
    assertMatch(both.message, /at: .*; data: /); // the first verdict, on what came
  });
}
