import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError, errorTable, RpcError, TransportError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { connect } from "../../../lib/endpoint/connect.ts";
import { serve } from "../../../lib/endpoint/serve.ts";
import { Client } from "../../../lib/rpc/client/client.ts";
import { FakeServer } from "../../support/far_end.ts";
import { startPair } from "../../support/rpc_pair.ts";

/** A client that is connected to a server which the test plays. */
async function setUp(notices: string[] = []) {
  const server = new FakeServer();
  const client = new Client({ ...server, onNotice: ({ message }) => notices.push(message) });
  await client.connect();
  return { client, end: server.end, [Symbol.asyncDispose]: () => client.close() };
}

const replies: [reply: Record<string, unknown>, outcome: unknown][] = [
  [{ result: 1, error: null }, 1],
  [{ result: null, error: null }, null],
  [{ error: null }, "a message needs a method, a result or an error"],
  [{}, "a message needs a method, a result or an error"],
  [{ result: 1, error: { code: 1, message: "no" } }, "a reply has a result or an error, not both"],
  [{ error: "no" }, "error must have a whole number as code and text as message"],
  [{ jsonrpc: "1.0", result: 1 }, 'jsonrpc must be exactly "2.0"'],
];

for (const [reply, outcome] of replies) {
  Deno.test(`a reply of ${JSON.stringify(reply)} ends its call at once`, async () => {
    await using pair = await setUp();
    const call = pair.client.call("add");
    const { id } = await pair.end.receive();
    await pair.end.send({ ...reply, id });
    if (typeof outcome !== "string") return assertEquals(await call, outcome);
    const error = await assertRejects(() => call, DariError);
    assertEquals(error.code, "invalid_request");
    assertEquals(error.message, `The reply to "add" cannot be understood: ${outcome}`);
  });
}

Deno.test("a malformed reply inside a batch ends its call, and the others get theirs", async () => {
  await using pair = await setUp();
  const calls = [pair.client.call("bad").catch(({ code }) => code), pair.client.call("good")];
  const [bad, good] = [await pair.end.receive(), await pair.end.receive()];
  const batch = [{ jsonrpc: "2.0", id: bad.id }, { jsonrpc: "2.0", id: good.id, result: 1 }];
  await pair.end.connection.send(`${JSON.stringify(batch)}\n`);
  assertEquals(await Promise.all(calls), ["invalid_request", 1]);
});

const tooLong = { code: errorTable.resource_exhausted.wire, message: "A line is too long" };

Deno.test("what the server says without an id is told to the hook, and is the cause of the end", async () => {
  const notices: string[] = [];
  await using pair = await setUp(notices);
  const calls = [1, 2].map((n) => pair.client.call("add", { n }).catch((error) => error));
  await pair.end.receive();
  await pair.end.send({ id: null, error: tooLong });
  await pair.end.connection.close();
  for (const error of await Promise.all(calls)) {
    assert(error instanceof TransportError);
    assertEquals(error.message, "The connection to memory ended: A line is too long");
    assert(error.cause instanceof RpcError);
    assertEquals(error.cause.code, "resource_exhausted");
  }
  assertEquals(notices, ["A line is too long"]);
});

Deno.test("what the server says without an id is the error of the only call that waits", async () => {
  await using pair = await setUp();
  const call = pair.client.call("add");
  const { id } = await pair.end.receive();
  await pair.end.send({ id: null, error: tooLong });
  await assertRejects(() => call, RpcError, "A line is too long");
  assertEquals((await pair.end.receive()).params, { id });
  const next = pair.client.call("next");
  assertEquals([(await pair.end.answer(1)).method, await next], ["next", 1]);
});

Deno.test("a hook that throws harms nothing", async () => {
  const server = new FakeServer();
  const told = Promise.withResolvers<void>();
  await using client = new Client({
    ...server,
    hello: false,
    onNotice: () => {
      told.resolve();
      throw new Error("not my fault");
    },
  });
  await client.connect();
  await server.end.send({ id: null, error: tooLong });
  await told.promise;
  const call = client.call("add");
  assertEquals([(await server.end.answer(1)).method, await call], ["add", 1]);
});

Deno.test("a line that is too long before a sign-in is told to the call that sent it", async () => {
  const methods = { echo: (value: unknown) => value };
  await using server = await serve({ listen: "tcp://127.0.0.1:0", methods, public: ["echo"] });
  const [address] = server.addresses;
  assert(address !== undefined);
  await using client = await connect<typeof methods>(address);
  const text = "x".repeat(100_000);
  const error = await assertRejects(() => client.call("echo", [text]), RpcError);
  assertEquals([error.code, error.retryable], ["resource_exhausted", false]);
  assert(error.message.includes(String(limits.maxLineBytesBeforeSignIn)), error.message);
});

Deno.test("params that are longer than a line fail their call alone, with both lengths", async () => {
  await using pair = await startPair({ size: ([text]: [string]) => text.length });
  // `[""]`, and around it the members of the request.
  const fits = limits.maxLineBytes -
    '{"jsonrpc":"2.0","id":1,"method":"size","params":[""]}'.length;
  const others = [pair.client.call("size", ["a"])];
  const errors = [pair.client.call("size", ["x".repeat(limits.maxLineBytes)])];
  others.push(pair.client.call("size", ["ab"]));
  for (const error of errors) {
    const { code, message, retryable } = await assertRejects(() => error, DariError);
    assertEquals([code, retryable], ["resource_exhausted", false]);
    assertEquals(
      message,
      `The call of "size" takes a line of ${limits.maxLineBytes + 4} bytes, and the other side ` +
        `reads at most ${limits.maxLineBytes}; send it in parts`,
    );
  }
  assertEquals(await Promise.all(others), [1, 2]);
  // Every id of this test has one digit.
  assertEquals(await pair.client.call("size", ["x".repeat(fits)]), fits);
  const error = await assertRejects(() => pair.client.call("size", ["x".repeat(fits + 1)]));
  assertEquals((error as DariError).code, "resource_exhausted");
  assertEquals(await pair.client.call("size", ["abc"]), 3);
});

Deno.test("call() on a method that streams says to use stream()", async () => {
  await using pair = await startPair({
    async *count() {
      for (let n = 0; n < 3; n++) yield await Promise.resolve(n);
    },
  });
  const { client } = pair;
  const error = await assertRejects(() => client.call("count"), DariError, "call it with stream()");
  assertEquals(error.code, "invalid_request");
  assertEquals(await Array.fromAsync(client.stream("count")), [0, 1, 2]);
});
