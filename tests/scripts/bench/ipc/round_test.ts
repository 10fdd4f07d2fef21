import { assertEquals } from "@std/assert";
import { Span } from "../../../../scripts/bench/ipc/round.ts";

Deno.test("a span counts what is noted, and is over once its time is", () => {
  const span = new Span(0.005);
  let notes = 1;
  while (span.note(2)) notes++;
  assertEquals(span.count, 2 * notes);
  assertEquals(span.seconds >= 0.005, true);
});

Deno.test("a span of no time ends at the first look at the clock", () => {
  const span = new Span(0);
  let notes = 1;
  while (span.note()) notes++;
  assertEquals(notes, 32);
});
