import { assertEquals } from "@std/assert";
import { Doorbell } from "../../../lib/ipc/segment/doorbell.ts";

Deno.test("everyone who sleeps wakes when the other side rings", async () => {
  let rings = 0;
  const bell = new Doorbell(() => rings++, true);
  const words = new Int32Array(4);
  const sleeps = [bell.sleep(words, 0, 0, Infinity), bell.sleep(words, 2, 0, Infinity)];
  bell.rang();
  await Promise.all(sleeps);
  bell.wake();
  assertEquals(rings, 1);
});

Deno.test("who comes after the ring does not sleep", () => {
  const bell = new Doorbell(() => {}, true);
  const words = new Int32Array([5, 0]);
  assertEquals(bell.sleep(words, 0, 4, Infinity), undefined);
});

Deno.test("a sleep ends when its time is over", async () => {
  const bell = new Doorbell(() => {}, true);
  const alive = setInterval(() => {}, 1_000); // the sleep keeps no program running
  await bell.sleep(new Int32Array(2), 0, 0, 1);
  clearInterval(alive);
});

Deno.test("whoever sleeps is called once the word has changed, until it was woken", async () => {
  const bell = new Doorbell(() => {}, true);
  const words = new Int32Array(2);
  assertEquals(bell.isCalled, false);
  const sleep = bell.sleep(words, 0, 0, Infinity);
  assertEquals(bell.isCalled, false);
  Atomics.add(words, 0, 1);
  assertEquals(bell.isCalled, true);
  bell.rang();
  await sleep;
  assertEquals(bell.isCalled, false);
});
