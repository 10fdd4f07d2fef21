import { assertEquals, assertGreater, assertRejects } from "@std/assert";
import { TransportError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { PromptAckConnection } from "../../../lib/transport/tls/prompt_ack_connection.ts";
import { memoryPair } from "../../../lib/transport/memory.ts";
import type { Connection } from "../../../lib/transport/connection.ts";
import { FakeTimers } from "../../support/fake_timers.ts";

function promptedPair(): [Connection, Connection] {
  const [client, server] = memoryPair();
  return [new PromptAckConnection(client), server];
}

/** Reads until so many characters have come, or the end. */
async function receive(connection: Connection, length = Infinity): Promise<string> {
  let text = "";
  while (text.length < length) {
    const lines = await connection.receive();
    if (lines === null) break;
    text += lines;
  }
  return text;
}

Deno.test("a prompted connection has the records of the one below", () => {
  const [client] = memoryPair();
  assertEquals(new PromptAckConnection(client).recordBytes, undefined);
  const inner = Object.assign(client, { recordBytes: limits.recordBytes });
  assertEquals(new PromptAckConnection(inner).recordBytes, limits.recordBytes);
});

Deno.test("blank lines follow the first lines until something comes back", async () => {
  const [client, server] = promptedPair();
  const sent = client.send("first\n");
  assertEquals(await receive(server, "first\n\n\n".length), "first\n\n\n");
  await sent;
  const [answer] = await Promise.all([client.receive(), server.send("answer\n")]);
  assertEquals(answer, "answer\n");
  const rest = receive(server);
  await client.send("second\n");
  await client.send("third\n");
  await client.close();
  assertEquals((await rest).replace(/^\n/, ""), "second\nthird\n"); // one may have been under way
});

Deno.test("a server that takes long to answer gets a bounded number of blank lines", async () => {
  const [client, server] = promptedPair();
  const expected = `first\n${"\n".repeat(6)}`;
  const first = client.send("first\n");
  assertEquals(await receive(server, expected.length), expected);
  await first;
  const second = client.send("second\n"); // it may wait for an acknowledgement as well
  assertEquals(await receive(server, "second\n\n".length), "second\n\n");
  await second;
  client.abort();
});

Deno.test("a line never comes to lie inside another", async () => {
  const [client, server] = promptedPair();
  const lines = Array.from({ length: 50 }, (_, index) => `${index}\n`);
  const sent = (async () => {
    for (const line of lines) await client.send(line);
    await client.close();
  })();
  assertEquals((await receive(server)).replaceAll(/^\n/gm, ""), lines.join(""));
  await sent;
});

Deno.test("a blank line is never under way together with another line", async () => {
  const [client] = memoryPair();
  const started: string[] = [];
  let underWay = 0;
  let together = 0;
  const { promise: blankSent, resolve: onBlank } = Promise.withResolvers<void>();
  const slow = Object.assign(Object.create(client), {
    async send(lines: string): Promise<void> {
      started.push(lines);
      together = Math.max(together, ++underWay);
      if (lines === "\n") onBlank();
      await new Promise((resolve) => setTimeout(resolve, 4 * limits.firstBlankLineMs));
      underWay--;
    },
    abort(): void {},
  });
  const connection = new PromptAckConnection(slow);
  await connection.send("first\n");
  await blankSent;
  await connection.send("second\n");
  connection.abort();
  assertEquals([started, together], [["first\n", "\n", "second\n"], 1]);
});

Deno.test("what goes wrong with a blank line rejects the next receive or send", async () => {
  const [client, server] = promptedPair();
  const sent = client.send("first\n");
  assertEquals(await receive(server, "first\n\n".length), "first\n\n");
  await sent;
  server.abort();
  await assertRejects(() => client.receive(), TransportError, "without an answer");
  await assertRejects(() => client.send("second\n"), TransportError);
});

Deno.test("an end after an answer, or by this side, is no refusal", async () => {
  const [client, server] = promptedPair();
  const [answer] = await Promise.all([client.receive(), server.send("answer\n")]);
  assertEquals(answer, "answer\n");
  server.abort();
  assertEquals(await client.receive(), null);
  const [own] = promptedPair();
  const last = own.receive();
  own.abort();
  assertEquals(await last, null);
});

/** A client that has had its first answer, and the beginning of the next line. */
async function beginRest() {
  const timers = new FakeTimers();
  const sent: string[] = [];
  let give = (_: string): void => {};
  const inner = {
    peer: { transport: "tls", address: "test" },
    maxLineBytes: 1,
    receivedBytes: 0,
    onPartial: undefined as (() => void) | undefined,
    receive: () => new Promise<string>((resolve) => give = resolve),
    send: (lines: string): Promise<void> => Promise.resolve(void sent.push(lines)),
    close: () => Promise.resolve(),
    abort: () => {},
  } satisfies Connection & Record<string, unknown>;
  const connection = new PromptAckConnection(inner);
  const first = connection.receive();
  give("first\n");
  await first;
  const rest = connection.receive();
  inner.onPartial?.();
  async function pass(ms: number): Promise<void> {
    for (let at = 0; at < ms; at++) {
      timers.advance(1);
      for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    }
  }
  return {
    connection,
    inner,
    sent,
    pass,
    timers,
    [Symbol.dispose]: () => timers[Symbol.dispose](),
    async end(): Promise<void> {
      give("rest\n");
      await rest;
    },
  };
}

Deno.test("a blank line asks for the rest of a line, until it has come", async () => {
  using client = await beginRest();
  await client.pass(limits.firstBlankLineMs);
  assertEquals(client.sent, ["\n"]);
  await client.end();
  assertEquals(client.timers.count, 0);
});

Deno.test("no blank line asks for a rest that is coming", async () => {
  using client = await beginRest();
  for (let ms = 0; ms < 4 * limits.lastBlankLineMs; ms++) {
    client.inner.receivedBytes++;
    await client.pass(1);
  }
  assertEquals(client.sent, []);
  await client.end();
});

Deno.test("a rest that is long in coming is asked for a bounded number of times", async () => {
  using client = await beginRest();
  await client.pass(20 * limits.lastBlankLineMs);
  assertEquals(client.sent.length, 6);
  client.inner.receivedBytes++;
  await client.pass(2 * limits.lastBlankLineMs);
  assertGreater(client.sent.length, 6);
  await client.end();
});

Deno.test("no blank line comes to lie inside a line that is being sent", async () => {
  using client = await beginRest();
  const { promise: written, resolve } = Promise.withResolvers<void>();
  const { send } = client.inner;
  client.inner.send = (lines) => send(lines).then(() => written);
  const sending = client.connection.send("long\n");
  await client.pass(2 * limits.lastBlankLineMs);
  assertEquals(client.sent, ["long\n"]);
  client.inner.send = send;
  resolve();
  await sending;
  await client.pass(2 * limits.lastBlankLineMs);
  assertEquals(client.sent.slice(0, 2), ["long\n", "\n"]);
  await client.end();
});

Deno.test("a blank line that is being sent is waited for by the next line", async () => {
  using client = await beginRest();
  const { promise: written, resolve } = Promise.withResolvers<void>();
  const { send } = client.inner;
  client.inner.send = (lines) => send(lines).then(() => written);
  await client.pass(limits.firstBlankLineMs);
  const sending = client.connection.send("next\n");
  await client.pass(2 * limits.lastBlankLineMs);
  assertEquals(client.sent, ["\n"]);
  resolve();
  await sending;
  assertEquals(client.sent, ["\n", "next\n"]);
  await client.end();
});

for (const end of ["close", "abort"] as const) {
  Deno.test(`${end}() before any answer leaves no timer behind`, async () => {
    const [client, server] = promptedPair();
    const sent = client.send("first\n");
    assertEquals(await receive(server, "first\n".length), "first\n");
    await sent;
    const last = receive(server);
    await client[end]();
    assertEquals((await last).trim(), "");
  });
}
