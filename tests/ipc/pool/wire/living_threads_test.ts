import { assertEquals } from "@std/assert";
import { LivingThreads } from "../../../../lib/ipc/pool/wire/living_threads.ts";

Deno.test("a thread lives from its beginning to its end, and each worker has one at a time", () => {
  const pool = LivingThreads.allocate(2);
  const worker = new LivingThreads(pool.buffer);
  const first = pool.begin(1);
  assertEquals([worker.has(1, first), worker.has(0, first)], [true, false]);
  pool.end(1, first);
  pool.end(1, first);
  assertEquals(worker.has(1, first), false);
  const second = pool.begin(1);
  pool.end(1, first); // late
  assertEquals([worker.has(1, first), worker.has(1, second)], [false, true]);
});
