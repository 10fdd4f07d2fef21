import { assertEquals, assertRejects } from "@std/assert";
import { WaitingLine } from "../../lib/base/waiting_line.ts";

Deno.test("next() gives turns in the order in which callers joined", async () => {
  const line = new WaitingLine();
  const order: number[] = [];
  const turns = [1, 2, 3].map((each) => line.join().then(() => order.push(each)));
  assertEquals(line.size, 3);
  while (line.next());
  await Promise.all(turns);
  assertEquals(order, [1, 2, 3]);
});

Deno.test("a caller that left gets no turn, and the next one gets it", async () => {
  const line = new WaitingLine();
  const leaving = new AbortController();
  const left = assertRejects(() => line.join(leaving), Error, "gone");
  const stays = line.join();
  leaving.abort(new Error("gone"));
  assertEquals(line.size, 1);
  assertEquals(line.next(), true);
  await Promise.all([left, stays]);
  assertEquals(line.next(), false);
});

Deno.test("join() refuses a signal that has aborted, and forgets the signal once it is the caller's turn", async () => {
  const line = new WaitingLine();
  await assertRejects(() => line.join({ signal: AbortSignal.abort(new Error("early")) }), Error);
  assertEquals(line.size, 0);
  const late = new AbortController();
  const turn = line.join(late);
  line.next();
  late.abort(new Error("late"));
  await turn;
});
