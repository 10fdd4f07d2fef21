import { assertEquals } from "@std/assert";
import { ThreadCounts } from "../../../lib/base/threads/thread_counts.ts";

Deno.test("ThreadCounts adds up what all threads count", () => {
  const memory = ThreadCounts.allocate(10, 2);
  const [a, b] = [new ThreadCounts(memory, 2, 0), new ThreadCounts(memory, 2, 1)];
  assertEquals([a.change("x", 2), b.change("x", 3), a.change("x", -1)], [2, 5, 4]);
  assertEquals([a.of("x"), b.of("x"), a.of("y")], [4, 4, 0]);
});

Deno.test("ThreadCounts takes out what a thread counted that has ended", () => {
  const memory = ThreadCounts.allocate(10, 3);
  const [main, a, b] = [0, 1, 2].map((thread) => new ThreadCounts(memory, 3, thread));
  a!.change("x", 2);
  b!.change("x", 3);
  b!.change("y", 1);
  main!.forget(2);
  assertEquals([main!.of("x"), main!.of("y")], [2, 0]);
  // Another thread has the number now.
  assertEquals(b!.change("x", 1), 3);
});

Deno.test("ThreadCounts never gives back what it could not count", () => {
  const memory = ThreadCounts.allocate(1, 2);
  const [a, b] = [new ThreadCounts(memory, 2, 0), new ThreadCounts(memory, 2, 1)];
  b.change("x", 1);
  assertEquals(a.change("x", -1), 1);
});
