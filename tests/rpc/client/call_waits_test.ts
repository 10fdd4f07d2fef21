import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { connectWithin, pause } from "../../../lib/rpc/client/call_waits.ts";
import { countedSignal } from "../../support/counted_signal.ts";

const never = () => new Promise<never>(() => {});
const codeOf = (promise: Promise<unknown>) => promise.then(() => "no error", ({ code }) => code);

Deno.test("connectWithin() gives what connecting gave, and its error as it is", async () => {
  const call = { method: "add", timeoutMs: Infinity };
  assertEquals(await connectWithin(() => Promise.resolve("connected"), call), "connected");
  const error = new Error("nobody is there");
  assertEquals(await connectWithin(() => Promise.reject(error), call).catch((e) => e), error);
});

Deno.test("connectWithin() does not connect for a call that is cancelled or too late", async () => {
  let connects = 0;
  const connect = () => (connects++, never());
  const signal = AbortSignal.abort("no more");
  const error = await assertRejects(
    () => connectWithin(connect, { method: "add", signal, timeoutMs: 1_000 }),
    DariError,
    '"add" was cancelled',
  );
  assertEquals(error.cause, "no more");
  for (const timeoutMs of [0, -1]) {
    assertEquals(
      await codeOf(connectWithin(connect, { method: "add", timeoutMs })),
      "deadline_exceeded",
    );
  }
  assertEquals(connects, 0);
});

Deno.test("connectWithin() ends with the call's time or signal, and leaves no listener", async () => {
  const counted = countedSignal();
  const { signal } = counted;
  const wait = (timeoutMs: number) =>
    codeOf(connectWithin(never, { method: "add", signal, timeoutMs }));
  assertEquals([await wait(1), counted.listeners], ["deadline_exceeded", 0]);
  const long = [2 ** 31, Infinity].map(wait);
  await wait(1);
  counted.abort();
  assertEquals([await Promise.all(long), counted.listeners], [["cancelled", "cancelled"], 0]);
});

Deno.test("pause() waits, ends with the signal, and leaves no listener", async () => {
  const counted = countedSignal();
  const call = { method: "add", signal: counted.signal };
  await pause(0, call);
  assertEquals(counted.listeners, 0);
  const long = codeOf(pause(2 ** 31, call));
  counted.abort();
  assertEquals([await long, counted.listeners], ["cancelled", 0]);
  assertEquals(await codeOf(pause(0, call)), "cancelled");
});
