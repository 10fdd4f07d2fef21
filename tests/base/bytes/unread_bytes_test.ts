import { assertEquals, assertRejects } from "@std/assert";
import { UnreadBytes } from "../../../lib/base/bytes/unread_bytes.ts";

const memory = () => new Uint8Array(4);

Deno.test("UnreadBytes fills the memory from several chunks, and keeps the rest", async () => {
  const unread = new UnreadBytes();
  unread.push(Uint8Array.of(1, 2));
  unread.push(new Uint8Array(0));
  unread.push(Uint8Array.of(3, 4, 5));
  const into = memory();
  assertEquals([await unread.read(into), [...into], unread.length], [4, [1, 2, 3, 4], 1]);
  assertEquals([await unread.read(into), into[0], unread.length], [1, 5, 0]);
});

Deno.test("UnreadBytes wakes a read with bytes, with its end and with its error", async () => {
  const unread = new UnreadBytes();
  const read = unread.read(memory());
  unread.push(Uint8Array.of(7));
  assertEquals(await read, 1);
  const last = unread.read(memory());
  unread.end();
  assertEquals(await last, null);
  const failing = new UnreadBytes();
  const waiting = assertRejects(() => failing.read(memory()), Error, "first");
  failing.end(new Error("first"));
  failing.end(new Error("second"));
  await waiting;
});

Deno.test("UnreadBytes tells its error behind the bytes, unless these were dropped", async () => {
  const unread = new UnreadBytes();
  unread.push(Uint8Array.of(1));
  unread.end(new Error("cut"));
  assertEquals(await unread.read(memory()), 1);
  await assertRejects(() => unread.read(memory()), Error, "cut");
  const dropped = new UnreadBytes();
  dropped.push(Uint8Array.of(1));
  dropped.drop();
  dropped.end(new Error("cut"));
  assertEquals(dropped.length, 0);
  await assertRejects(() => dropped.read(memory()), Error, "cut");
});
