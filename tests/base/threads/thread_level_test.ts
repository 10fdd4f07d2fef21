import { assertEquals } from "@std/assert";
import { ThreadBytes, ThreadLevel } from "../../../lib/base/threads/thread_level.ts";

Deno.test("ThreadLevel shows each thread what the others have", () => {
  const memory = ThreadLevel.allocate(3);
  const [a, b, c] = [0, 1, 2].map((thread) => new ThreadLevel(memory, thread, 10));
  a!.set(5);
  b!.set(21);
  assertEquals([a!.others, b!.others, c!.others], [30, 10, 40]);
  c!.forget(1);
  assertEquals([a!.others, a!.threads], [0, 3]);
});

Deno.test("ThreadBytes counts what every thread has taken", () => {
  const memory = ThreadLevel.allocate(2);
  const [a, b] = [0, 1].map((thread) => new ThreadBytes(100, new ThreadLevel(memory, thread)));
  a!.take(30);
  b!.take(50);
  a!.take(-10);
  assertEquals([a!.used, b!.used, a!.maxBytes], [70, 70, 100]);
});
