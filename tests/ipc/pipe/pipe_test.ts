import { assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { DariError, TransportError } from "../../../lib/base/errors.ts";
import { openPipe, pipe, type PipeDescriptor, type PipeEnd } from "../../../lib/ipc/mod.ts";
import { startWorker } from "../../support/ipc_worker.ts";

const echo = `
  import { openPipe } from "LIB/mod.ts";
  self.onmessage = async ({ data }) => {
    const end = openPipe(data);
    for await (const value of end) {
      if (value === "die") return self.close();
      await end.send(value);
    }
    end.close();
  };`;

Deno.test("a pipe carries values and bytes both ways between threads", async () => {
  const [here, there] = pipe();
  using child = startWorker(echo);
  child.worker.postMessage(there.transfer());
  for (const value of [{ a: [1, null] }, "text", new Uint8Array([1, 2]), 0, null]) {
    await here.send(value);
    assertEquals(await here.receive(), value);
  }
  here.close();
});

Deno.test("null, false, 0 and the empty string are values like others", async () => {
  const [here, there] = pipe();
  const values = [null, false, 0, "", new Uint8Array(0)];
  for (const value of values) await here.send(value);
  here.close();
  assertEquals(await Array.fromAsync(there), values);
});

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

Deno.test("pipes whose values come in the same turn keep them apart", async () => {
  const pipes = Array.from({ length: 8 }, () => pipe());
  const received = pipes.map(([, there]) => there.receive());
  await Promise.all(pipes.map(([here], index) => here.send({ of: index })));
  assertEquals(await Promise.all(received), pipes.map((_, index) => ({ of: index })));
});

Deno.test("undefined, which stands for the end, is refused in every encoding", async () => {
  for (const encoding of ["json", "structured"] as const) {
    const [here] = pipe({ encoding });
    await assertRejects(() => here.send(undefined), TypeError, "send null");
  }
});

Deno.test("a message longer than the ring goes in pieces, in order with the others", async () => {
  const [here, there] = pipe({ capacityBytes: 4_096 });
  const long = "가".repeat(10_000);
  const sent = Promise.all([1, long, 2, new Uint8Array(5_000), 3].map((value) => here.send(value)));
  assertEquals(await there.receive(), 1);
  assertEquals(await there.receive(), long);
  assertEquals(await there.receive(), 2);
  assertEquals((await there.receive() as Uint8Array).length, 5_000);
  assertEquals(await there.receive(), 3);
  await sent;
  const error = await assertRejects(() => here.send(new Uint8Array(17 << 20)), DariError);
  assertEquals(error.code, "resource_exhausted");
});

Deno.test("send() waits while the other end is full", async () => {
  const [here, there] = pipe({ capacityBytes: 1_024 });
  for (let i = 0; i < 3; i++) {
    await here.send("x".repeat(200));
  }
  const error = await assertRejects(() => here.send("y".repeat(400), { timeoutMs: 5 }), DariError);
  assertEquals(error.code, "deadline_exceeded");
  const sent = here.send("z".repeat(400));
  for (let i = 0; i < 3; i++) assertEquals(await there.receive(), "x".repeat(200));
  assertEquals(await there.receive(), "z".repeat(400)); // nothing of what was given up
  await sent;
});

Deno.test("a send that waits behind another gives up at its own timeout and signal, and keeps the order", async () => {
  const [here, there] = pipe({ capacityBytes: 1_024 });
  const first = here.send("a".repeat(3_000)); // more than the ring takes
  const late = await assertRejects(() => here.send("late", { timeoutMs: 1 }), DariError);
  assertEquals(late.code, "deadline_exceeded");
  const controller = new AbortController();
  const given = here.send("given up", { signal: controller.signal });
  const last = here.send("last");
  controller.abort(new Error("enough"));
  await assertRejects(() => given, Error, "enough");
  assertEquals(await there.receive(), "a".repeat(3_000));
  assertEquals(await there.receive(), "last");
  await Promise.all([first, last]);
});

Deno.test("close() lets the other end read the rest, and refuses its sends", async () => {
  const [here, there] = pipe();
  await here.send("last");
  here.close();
  assertEquals(await there.receive(), "last");
  assertEquals(await there.receive(), undefined);
  assertEquals((await assertRejects(() => there.send(1), DariError)).code, "unavailable");
  assertEquals((await assertRejects(() => here.receive(), DariError)).code, "unavailable");
});

for (const how of ["ends itself", "is terminated"]) {
  Deno.test(`pending work rejects with a cause when the worker ${how}`, async () => {
    const [here, there] = pipe();
    using child = startWorker(echo);
    child.worker.postMessage(there.transfer());
    await here.send("hello");
    assertEquals(await here.receive(), "hello");
    const received = here.receive();
    if (how === "ends itself") await here.send("die");
    else child.worker.terminate();
    const error = await assertRejects(() => received, DariError, "gone");
    assertEquals(error.code, "unavailable");
    assertInstanceOf(error.cause, Error);
    assertEquals(await assertRejects(() => here.send(1), DariError), error);
    assertEquals(assertThrows(() => here.receiveSync(), DariError), error);
    here.close();
  });
}

Deno.test("an end can be handed over once, and only a descriptor can be opened", () => {
  const [, there] = pipe();
  there.transfer();
  assertThrows(() => there.transfer(), DariError, "handed to another thread");
  assertThrows(() => openPipe({} as PipeDescriptor), TypeError, "descriptor");
});

Deno.test("an end that is sending or receiving is not handed over", async () => {
  const refused = (end: PipeEnd) =>
    assertEquals(assertThrows(() => end.transfer(), DariError).code, "failed_precondition");
  const [here, there] = pipe({ capacityBytes: 1_024 });
  const received = there.receive();
  refused(there);
  await here.send("short");
  assertEquals(await received, "short");
  const sent = here.send("x".repeat(2_000));
  refused(here);
  await assertRejects(() => here.send("behind it", { timeoutMs: 1 }), DariError); // the ring is full
  const late = await assertRejects(() => there.receive({ timeoutMs: 0 }), DariError);
  assertEquals(late.code, "deadline_exceeded");
  refused(there); // it has the message's beginning
  assertEquals(await there.receive(), "x".repeat(2_000));
  await sent;
  using moved = openPipe(there.transfer());
  await moved.send("from there");
  assertEquals(await here.receive(), "from there");
});

Deno.test("both ends can be handed over, and one of them once more", async () => {
  const [first, second] = pipe();
  using echoes = startWorker(echo);
  using sends = startWorker(`
    import { openPipe } from "LIB/mod.ts";
    self.onmessage = async ({ data }) => {
      const end = openPipe(data);
      await end.send("there");
      const back = await end.receive();
      self.postMessage({ back, descriptor: end.transfer() });
    };`);
  echoes.worker.postMessage(first.transfer());
  const { back, descriptor } = await sends.ask(second.transfer()) as {
    back: unknown;
    descriptor: PipeDescriptor;
  };
  assertEquals(back, "there");
  using here = openPipe(descriptor);
  await here.send("and here");
  assertEquals(await here.receive(), "and here");
  const last = here.receive();
  echoes.worker.terminate(); // still noticed after all that moving
  await assertRejects(() => last, DariError, "gone");
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

Deno.test("a connection does not keep a line over its limit, and keeps many lines of less", async () => {
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

for (const [state, exits] of [["waits", false], ["is done", true]] as const) {
  Deno.test(`a program that ${state} ${exits ? "ends" : "is kept alive by its wait"}`, async () => {
    const code = `import { Queue } from "${new URL("../../../lib/ipc/mod.ts", import.meta.url)}";
      const queue = Queue.create();
      const got = queue.get();
      setTimeout(() => queue.put("woken"), 10);
      console.log(await got);
      ${exits ? "" : 'setTimeout(() => queue.put("again"), 10); console.log(await queue.get());'}`;
    const { stdout, success } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", "--no-check", code],
      signal: AbortSignal.timeout(10_000),
    }).output();
    assertEquals(success, true);
    assertEquals(new TextDecoder().decode(stdout), exits ? "woken\n" : "woken\nagain\n");
  });
}
