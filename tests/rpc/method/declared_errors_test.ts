import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { z } from "zod";
import { DeclaredError, isDeclaredError } from "../../../lib/base/declared_error.ts";
import { type DariError, errorTable, RpcError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import type { OpenRpcDocument } from "../../../lib/protocol/openrpc.ts";
import { Client } from "../../../lib/rpc/client/client.ts";
import type { Context } from "../../../lib/rpc/method/context.ts";
import { memoryPair } from "../../../lib/transport/memory.ts";
import type { Methods } from "../../../lib/rpc/method/method.ts";
import { method } from "../../../lib/rpc/method/method.ts";
import { registerMethods } from "../../../lib/rpc/method/registry.ts";
import { startPair, Wire } from "../../support/rpc_pair.ts";

const errors = {
  out_of_stock: z.object({ left: z.number() }),
  too_late: z.object({ until: z.string() }),
};

const methods = {
  buy: method({
    errors,
    handler({ count }: { count: number }, { errors }) {
      if (count > 2) throw errors.out_of_stock({ left: 2 }, { retryAfterMs: 60_000 });
      if (count < 0) throw errors.too_late({ until: "noon" }, { message: "The shop is closed" });
      return count;
    },
  }),
  later: method({
    errors,
    // A function of the program that has no context.
    handler: () => Promise.reject(new DeclaredError("out_of_stock", { left: 0 })),
  }),
};

/** A server whose one method throws what it is told to, and what its observer hears. */
async function startThrower(thrown: () => unknown) {
  const heard: DariError[] = [];
  const observer = {
    handlerFailed: (_: unknown, error: unknown) => void heard.push(error as DariError),
  };
  const fails = method({
    errors,
    handler: () => {
      throw thrown();
    },
  });
  return { pair: await startPair({ fails } as Methods, { observer }), heard };
}

Deno.test("a declared error arrives with its name, its details and its advice", async () => {
  await using pair = await startPair(methods);
  const error = await assertRejects(
    () => pair.client.call("buy", { count: 3 }),
    DeclaredError,
    "The call failed: out_of_stock",
  );
  assertEquals([error.code, error.declared, error.details], ["declared_error", "out_of_stock", {
    left: 2,
  }]);
  assertEquals([error.retryable, error.retryAfterMs], [false, 60_000]);
  assert(isDeclaredError(error, "out_of_stock") && !isDeclaredError(error, "too_late"));
  const late = await assertRejects(() => pair.client.call("later"), DeclaredError);
  assertEquals(late.details, { left: 0 });
});

Deno.test("a declared error has the form of the wire's page", async () => {
  await using wire = await Wire.open(methods);
  const { error } = await wire.ask({ jsonrpc: "2.0", id: 1, method: "buy", params: { count: 3 } });
  assertEquals(error, {
    code: -32020,
    message: "The call failed: out_of_stock",
    data: {
      name: "out_of_stock",
      retryable: false,
      retryAfterMs: 60_000,
      declared: true,
      details: { left: 2 },
    },
  });
});

Deno.test("try() returns the value, the declared error, or the other error", async () => {
  await using pair = await startPair(methods);
  assertEquals(await pair.client.try("buy", { count: 1 }), { ok: true, value: 1 });
  const declared = await pair.client.try("buy", { count: 3 });
  assert(!declared.ok && declared.isDeclared);
  if (declared.error.declared === "out_of_stock") {
    const left: number = declared.error.details.left; // typed by the method
    assertEquals(left, 2);
  }
  const cancelled = await pair.client.try("buy", { count: 1 }, { signal: AbortSignal.abort() });
  assert(!cancelled.ok && !cancelled.isDeclared);
  assertEquals(cancelled.error.code, "cancelled");
});

Deno.test("try() throws what is a mistake of the program", async () => {
  await using pair = await startPair(methods);
  await assertRejects(() => pair.client.try("buy", { count: 1 }, { timeoutMs: NaN }), RangeError);
});

Deno.test("isDeclared() types the details of an error that was caught", async () => {
  await using pair = await startPair(methods);
  try {
    await pair.client.call("buy", { count: -1 });
    assert(false, "the call succeeded");
  } catch (error) {
    assert(pair.client.isDeclared("buy", error, "too_late"));
    const until: string = error.details.until;
    assertEquals([until, error.message], ["noon", "The shop is closed"]);
    assert(!pair.client.isDeclared("buy", error, "out_of_stock"));
  }
});

Deno.test("an error that is not declared stays internal, and the observer hears why", async () => {
  const { pair, heard } = await startThrower(() => new DeclaredError("payment_refused", {}));
  await using _ = pair;
  const error = await assertRejects(() => pair.client.call("fails"), RpcError, "Internal error");
  assertEquals(error.code, "internal");
  assertStringIncludes(heard[0]!.message, 'the error "payment_refused", which it does not declare');
});

Deno.test("details that do not fit their schema stay internal, and the observer hears why", async () => {
  const { pair, heard } = await startThrower(() =>
    new DeclaredError("out_of_stock", { left: "2" })
  );
  await using _ = pair;
  await assertRejects(() => pair.client.call("fails"), RpcError, "Internal error");
  assertStringIncludes(
    heard[0]!.message,
    'The error "out_of_stock" of "fails" is not valid: left:',
  );
});

Deno.test("an error whose schema fails stays internal", async () => {
  const broken = {
    "~standard": {
      version: 1 as const,
      vendor: "test",
      validate: (): never => {
        throw new Error("broken schema");
      },
    },
  };
  const fails = method({
    errors: { odd: broken },
    handler() {
      throw new DeclaredError("odd", {});
    },
  });
  await using pair = await startPair({ fails } as Methods, { observer: [] });
  await assertRejects(() => pair.client.call("fails"), RpcError, "Internal error");
});

Deno.test("a schema may answer later for an error too, and converts its details", async () => {
  const fails = method({
    errors: {
      odd: z.object({ name: z.string().refine((name) => Promise.resolve(name === "ann")) })
        .transform(({ name }) => ({ name: name.toUpperCase() })),
    },
    handler({ name }: { name: string }, { errors }) {
      throw errors.odd({ name });
    },
  });
  await using pair = await startPair({ fails }, { observer: [] });
  const error = await assertRejects(
    () => pair.client.call("fails", { name: "ann" }),
    DeclaredError,
  );
  assertEquals(error.details, { name: "ANN" });
  await assertRejects(() => pair.client.call("fails", { name: "eve" }), RpcError, "Internal error");
});

Deno.test("the declared error of a handler's own call stays internal", async () => {
  await using inner = await startPair(methods);
  const outer = { buy: method({ errors, handler: () => inner.client.call("buy", { count: 3 }) }) };
  await using pair = await startPair(outer, { observer: [] });
  await assertRejects(() => pair.client.call("buy"), RpcError, "Internal error");
});

Deno.test("details that JSON cannot carry stay internal", async () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  const fails = method({
    errors: { odd: z.any() },
    handler(_: undefined, { errors }) {
      throw errors.odd(cycle);
    },
  });
  await using pair = await startPair({ fails }, { observer: [] });
  await assertRejects(() => pair.client.call("fails"), RpcError, "Internal error");
});

Deno.test("a stream, and a method of the client, fail with declared errors as well", async () => {
  const count = method({
    errors,
    async *handler({ to }: { to: number }, { errors }) {
      for (let n = 1; n <= to; n++) yield await Promise.resolve(n);
      throw errors.too_late({ until: "noon" });
    },
  });
  const back = (_: unknown, context: Context) =>
    context.call("buy", { count: 3 }).catch((error) => [error.declared, error.details]);
  await using pair = await startPair({ count, back }, {}, { methods });
  const items: number[] = [];
  const error = await assertRejects(async () => {
    for await (const item of pair.client.stream("count", { to: 2 })) items.push(item);
  }, DeclaredError);
  assertEquals([items, error.declared], [[1, 2], "too_late"]);
  assertEquals(await pair.client.call("back"), ["out_of_stock", { left: 2 }]);
});

Deno.test("details arrive as what they were between two ends that know values", async () => {
  const at = new Date(0);
  const closed = method({
    errors: { closed: z.object({ at: z.date(), bytes: z.instanceof(Uint8Array) }) },
    handler(_: undefined, { errors }) {
      throw errors.closed({ at, bytes: Uint8Array.of(1, 2) });
    },
  });
  await using pair = await startPair({ closed });
  await pair.client.call("closed").catch(() => {}); // now the hello is answered
  const tried = await pair.client.try("closed");
  assert(!tried.ok && tried.isDeclared);
  const { details }: { details: { at: Date; bytes: Uint8Array } } = tried.error;
  assertEquals(details, { at, bytes: Uint8Array.of(1, 2) });
  await using plain = await startPair({ closed }, {}, { hello: false });
  const error = await assertRejects(() => plain.client.call("closed"), DeclaredError);
  assertEquals(error.details, { at: "1970-01-01T00:00:00.000Z", bytes: "AQI=" });
});

Deno.test("an error of that number without a name is an error without details", async () => {
  const [near, far] = memoryPair();
  const client = new Client({ dial: () => Promise.resolve(near), hello: false });
  const call = client.call("buy");
  call.catch(() => {});
  const { id } = JSON.parse(`${await far.receive()}`.split("\n").at(-2)!);
  const nameless = {
    code: errorTable.declared_error.wire,
    message: "odd",
    data: { declared: true },
  };
  await far.send(`${JSON.stringify({ jsonrpc: "2.0", id, error: nameless })}\n`);
  const error = await assertRejects(() => call, RpcError, "odd");
  assertEquals([error.code, isDeclaredError(error)], ["declared_error", false]);
  await client.close();
});

Deno.test("rpc.discover lists the declared errors with their schemas", async () => {
  await using pair = await startPair(methods);
  const client = pair.client as unknown as Client;
  const { methods: [buy] } = await client.call("rpc.discover") as OpenRpcDocument;
  assertEquals(buy?.errors?.map(({ code, message }) => [code, message]), [
    [errorTable.declared_error.wire, "out_of_stock"],
    [errorTable.declared_error.wire, "too_late"],
  ]);
  const { properties } = buy?.errors?.[0]?.data as { properties: unknown };
  assertEquals(properties, { left: { type: "number" } });
});

Deno.test("registerMethods() refuses names that cannot be those of errors", () => {
  const names = [
    "",
    "1st",
    "with space",
    "a\n",
    "not_found",
    "é",
    "a".repeat(limits.maxErrorNameLength + 1),
  ];
  for (const name of names) {
    const buy = method({ errors: { [name]: z.any() }, handler: () => 1 });
    assertThrows(() => registerMethods({ buy }), TypeError, "declares the error");
  }
});
