import { assertEquals, assertThrows } from "@std/assert";
import { ThreadLock } from "../../../lib/base/threads/thread_lock.ts";

Deno.test("ThreadLock is free again after work that throws", () => {
  const cells = new Int32Array(new SharedArrayBuffer(8));
  const lock = new ThreadLock(cells, 1, 0);
  assertThrows(() =>
    lock.hold(() => {
      throw new TypeError("broken work");
    }), TypeError);
  assertEquals(lock.hold(() => cells[1]), 1); // the number of its holder
  assertEquals([...cells], [0, 0]);
});

Deno.test("ThreadLock is broken for a thread that ended while it held the lock, and for no other", () => {
  const cells = new Int32Array(new SharedArrayBuffer(4));
  const dead = 4;
  cells[0] = dead + 1;
  const lock = new ThreadLock(cells, 0, 0);
  lock.breakOf(3);
  assertEquals(cells[0], dead + 1);
  lock.breakOf(dead);
  assertEquals(lock.hold(() => "free"), "free");
});
