import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { openPipe, pipe, type PipeEnd } from "../../../lib/ipc/mod.ts";

Deno.test("null, false, 0 and the empty string are values like others", async () => {
  const [here, there] = pipe();
  const values = [null, false, 0, "", new Uint8Array(0)];
  for (const value of values) await here.send(value);
  here.close();
  assertEquals(await Array.fromAsync(there), values);
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

Deno.test("a receive that waits gets what came right before the end; one of a closed end is refused", async () => {
  const [here, there] = pipe();
  const received = [there.receive(), there.receive()];
  await here.send("last");
  here.close();
  assertEquals(await Promise.all(received), ["last", undefined]);
  const [closed] = pipe();
  const refused = closed.receive();
  closed.close();
  assertEquals((await assertRejects(() => refused, DariError)).code, "unavailable");
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

Deno.test("send() and receive() refuse an aborted signal where they would have to wait", async () => {
  const [here, there] = pipe({ capacityBytes: 1_024 });
  const signal = AbortSignal.abort(new Error("enough"));
  await assertRejects(() => there.receive({ signal }), Error, "enough");
  await assertRejects(() => here.send("x".repeat(5_000), { signal }), Error, "enough");
  await here.send("short", { signal }); // it has not to wait
  assertEquals(await there.receive({ signal }), "short");
});

Deno.test("receiveSync() gives what is there, the end, and up at its timeout", async () => {
  const [here, there] = pipe();
  assertEquals(assertThrows(() => there.receiveSync(1), DariError).code, "deadline_exceeded");
  await here.send("last");
  here.close();
  assertEquals([there.receiveSync(), there.receiveSync()], ["last", undefined]);
});

Deno.test("values that were received do not change with the next one", async () => {
  const [here, there] = pipe();
  const [first, second] = [new Uint8Array([1]), new Uint8Array([2])];
  await here.send(first);
  await here.send(second);
  const received = [await there.receive(), await there.receive()];
  assertEquals(received, [first, second]);
});

Deno.test("using closes an end, and connection() gives the same connection each time", async () => {
  const [here, there] = pipe();
  {
    using end = here;
    assertEquals(end.connection() === end.connection(), true);
  }
  assertEquals(here.closed, true);
  assertEquals(await there.receive(), undefined);
});

Deno.test("values are received in the order of the calls, awaited or not", async () => {
  const [here, there] = pipe({ capacityBytes: 1_024 });
  const received = [there.receive(), there.receive(), there.receive()];
  const late = there.receive({ timeoutMs: 1 });
  await here.send("a".repeat(10));
  received.push(there.receive());
  await assertRejects(() => late, DariError, "within 1 ms");
  assertThrows(() => there.transfer(), DariError, "still sending or receiving");
  const sent = ["b".repeat(3_000), "c", "d"].map((value) => here.send(value)); // one in pieces
  assertEquals((await Promise.all(received)).map((value) => String(value)[0]), [..."abcd"]);
  await Promise.all(sent);
  const ends = [there.receive(), there.receive()];
  here.close();
  assertEquals(await Promise.all(ends), [undefined, undefined]);
});
