import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { TransportError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { pipe } from "../../../lib/ipc/mod.ts";
import { blobContract } from "../../support/blob_contract.ts";
import { pipePair, relayedPair } from "../../support/pipe_pairs.ts";
import { transportContract } from "../../support/transport_contract.ts";

const pairs = { "a pipe": pipePair, "a pipe through a worker": relayedPair };

for (const [name, connect] of Object.entries(pairs)) {
  for (const [sentence, use] of Object.entries({ ...transportContract, ...blobContract })) {
    Deno.test(`${name}: ${sentence}`, async () => {
      await using pair = connect();
      await use(pair);
    });
  }
}

Deno.test("a connection over a pipe carries any text, ASCII or not", async () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: "grapheme" }));
  await fc.assert(fc.asyncProperty(fc.array(text, { minLength: 1 }), async (texts) => {
    const [a, b] = pipe({ capacityBytes: 1_024 });
    const [client, server] = [a.connection(), b.connection()];
    const lines = texts.map((text) => `${JSON.stringify(text)}\n`);
    const sent = (async () => {
      for (const line of lines) await client.send(line);
      await client.close();
    })();
    let received = "";
    for (let chunk; (chunk = await server.receive()) !== null;) received += chunk;
    assertEquals(received, lines.join(""));
    await sent;
  }));
});

Deno.test("a pipe end is a connection of whole lines", async () => {
  const [a, b] = pipe();
  const [client, server] = [a.connection(), b.connection()];
  assertEquals(client.peer.transport, "pipe");
  await client.send('{"a":1}\n');
  await client.send('{"b":"가"}\n{"c":3}\n');
  assertEquals(await server.receive(), '{"a":1}\n{"b":"가"}\n{"c":3}\n');
  await client.close();
  assertEquals(await server.receive(), null);
  await assertRejects(() => server.send("x\n"), TransportError);
});

Deno.test("a connection refuses a line over its limit, not many lines of less", async () => {
  const [a, b] = pipe();
  const [client, server] = [a.connection(), b.connection()];
  server.maxLineBytes = 10;
  await client.send("12345678\n".repeat(5));
  assertEquals((await server.receive())?.length, 45);
  await client.send("123456789012\n");
  assertEquals(await server.receive(), "\uFFFE12 10 123456789012\n");
  await client.send(`${"x".repeat(41)}\n`);
  const error = await assertRejects(() => server.receive(), TransportError);
  assertEquals(error.code, "resource_exhausted");
});

Deno.test("abort() gives a waiting receive null", async () => {
  const [a] = pipe();
  const connection = a.connection();
  const received = connection.receive();
  connection.abort();
  assertEquals(await received, null);
});

Deno.test("lines that are not ASCII are measured in bytes, one by one", async () => {
  const [a, b] = pipe();
  const [client, server] = [a.connection(), b.connection()];
  server.maxLineBytes = 9;
  await client.send("가나다\n".repeat(5)); // 9 bytes each
  assertEquals(await server.receive(), "가나다\n".repeat(5));
  await client.send("가나다a\n");
  assertEquals(await server.receive(), "\uFFFE10 9 가나다a\n");
  await client.send(`${"가".repeat(13)}\n`); // 39 bytes, more than four times the limit
  const error = await assertRejects(() => server.receive(), TransportError);
  assertEquals([error.code, error.retryable], ["resource_exhausted", false]);
});

Deno.test("receive() joins what has come, up to a bound", async () => {
  const [a, b] = pipe();
  const [client, server] = [a.connection(), b.connection()];
  const line = `${"x".repeat(9_999)}\n`;
  const count = Math.ceil(limits.maxPipeChunkLength / line.length) + 3;
  for (let sent = 0; sent < count; sent++) await client.send(line);
  const first = (await server.receive())!;
  assert(first.length > limits.maxPipeChunkLength);
  assert(first.length <= limits.maxPipeChunkLength + line.length);
  assertEquals((await server.receive())!.length, count * line.length - first.length);
});

Deno.test("a connection that was closed sends nothing, and close() waits for what is being sent", async () => {
  const [a, b] = pipe({ capacityBytes: 1_024 });
  const [client, server] = [a.connection(), b.connection()];
  const line = `${"x".repeat(5_000)}\n`;
  const sent = client.send(line);
  const closed = client.close();
  assertEquals(await server.receive(), line);
  await Promise.all([sent, closed]);
  assertEquals(await server.receive(), null);
  await assertRejects(() => client.send("x\n"), TransportError, "closed");
  assertEquals(await client.receive(), null);
});
