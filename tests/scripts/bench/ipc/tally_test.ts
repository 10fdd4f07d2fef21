import { assertEquals } from "@std/assert";
import { Tally } from "../../../../scripts/bench/ipc/stress/tally.ts";

Deno.test("a tally of everything sent has no faults, across threads' views", () => {
  const book = Tally.create(2, 100);
  const other = Tally.open(book.buffer, 2);
  for (let index = 0; index < 70; index++) (index % 2 === 0 ? book : other).note(0, index);
  other.note(1, 0);
  assertEquals(book.faults([70, 1]), { lost: 0, doubled: 0, disordered: 0 });
});

Deno.test("a tally finds what was lost, doubled, and out of order", () => {
  const book = Tally.create(2, 100);
  for (const index of [0, 1, 33, 32, 33, 99]) book.note(1, index);
  assertEquals(book.faults([0, 100]), { lost: 95, doubled: 1, disordered: 1 });
});

Deno.test("a tally tells senders when to stop: when told, and when it is full", () => {
  const book = Tally.create(1, 64);
  assertEquals([book.isOver(63), book.isOver(64)], [false, true]);
  book.stop();
  assertEquals(Tally.open(book.buffer, 1).isOver(0), true);
});
