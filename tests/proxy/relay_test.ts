import { assertEquals } from "@std/assert";
import { relay } from "../../lib/proxy/relay.ts";
import { farStream } from "../support/byte_streams.ts";
import { FakeTimers } from "../support/fake_timers.ts";

Deno.test("a relay passes bytes on in both directions, and ends when both sides have ended", async () => {
  const [near, far] = [farStream(), farStream()];
  const relayed = relay(near.stream, far.stream);
  near.push("hello");
  far.push("good day");
  near.push(null);
  far.push(null);
  assertEquals(await relayed, { bytesIn: 5, bytesOut: 8, fault: undefined });
  assertEquals([far.written, near.written], [["hello"], ["good day"]]);
  assertEquals([near.closed(), far.closed()], [true, true]);
});

Deno.test("a side that has ended its input still gets what the other one sends", async () => {
  const [near, far] = [farStream(), farStream()];
  const relayed = relay(near.stream, far.stream);
  near.push("question");
  near.push(null);
  while (!far.isEnded()) await Promise.resolve();
  assertEquals(near.closed(), false);
  far.push("answer");
  far.push(null);
  assertEquals((await relayed).bytesOut, 6);
  assertEquals(near.written, ["answer"]);
});

Deno.test("what one side cannot take is not read from the other", async () => {
  const [near, far] = [farStream(), farStream()];
  far.block(true);
  const relayed = relay(near.stream, far.stream);
  for (const text of ["1", "2", "3"]) near.push(text);
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  assertEquals(far.written, []);
  far.block(false);
  near.push(null);
  far.push(null);
  assertEquals((await relayed).bytesIn, 3);
  assertEquals(far.written, ["1", "2", "3"]);
});

Deno.test("a side that breaks takes the other one with it, and the relay says why", async () => {
  const [near, far] = [farStream(), farStream()];
  const relayed = relay(near.stream, far.stream);
  near.push("one");
  while (far.written.length === 0) await Promise.resolve();
  near.stream.cut("the certificate was revoked");
  assertEquals(await relayed, { bytesIn: 3, bytesOut: 0, fault: "the certificate was revoked" });
  assertEquals(far.closed(), "the certificate was revoked");
});

Deno.test("a relay on which nothing moves ends, and one on which something moves does not", async () => {
  using timers = new FakeTimers();
  const [near, far] = [farStream(), farStream()];
  const relayed = relay(near.stream, far.stream, 1_000);
  for (let half = 0; half < 6; half++) {
    far.push("tick");
    while (near.written.length <= half) await Promise.resolve();
    timers.advance(500);
  }
  assertEquals(near.closed(), false);
  timers.advance(500);
  timers.advance(500);
  assertEquals((await relayed).fault, "nothing moved for 1000 ms");
});
