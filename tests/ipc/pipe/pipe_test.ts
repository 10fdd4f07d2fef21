import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { openPipe, pipe, type PipeDescriptor } from "../../../lib/ipc/mod.ts";
import { startWorker } from "../../support/ipc_worker.ts";
import { oneOfEach, sameValue } from "../../support/values.ts";

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

for (const encoding of ["json", "structured"] as const) {
  Deno.test(`every type of the wire arrives as what it was through a ${encoding} pipe`, async () => {
    const [here, there] = pipe({ encoding, capacityBytes: 4_096 });
    using child = startWorker(echo);
    child.worker.postMessage(there.transfer());
    for (
      const value of [oneOfEach, ["가".repeat(10_000), oneOfEach], new URL("https://a.example")]
    ) {
      await here.send(value);
      assert(sameValue(await here.receive(), value));
    }
    await assertRejects(() => here.send({ list: [() => 1] }), TypeError, "value.list[0]: ");
    here.close();
  });
}

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
