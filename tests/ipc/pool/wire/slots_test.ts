import { assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { CallSlots, MAX_WORKERS, type Place } from "../../../../lib/ipc/pool/wire/slots.ts";
import { interleave } from "../../../support/interleave.ts";

function open(length: number): { pool: CallSlots; worker: CallSlots } {
  const pool = CallSlots.allocate(length);
  return { pool, worker: new CallSlots(pool.buffer) };
}

Deno.test("take() gives each slot once until it is released, and then another generation", () => {
  const { pool } = open(3);
  const places = [pool.take()!, pool.take()!, pool.take()!];
  assertEquals(new Set(places.map(({ slot }) => slot)), new Set([0, 1, 2]));
  assertEquals(pool.take(), undefined);
  pool.release(places[1]!);
  const next = pool.take()!;
  assertEquals(next.slot, places[1]!.slot);
  assertNotEquals(next.generation, places[1]!.generation);
});

Deno.test("one worker claims a call, once", () => {
  const { pool, worker } = open(1);
  const place = pool.take()!;
  assertEquals(pool.workerOf(place), undefined);
  assertEquals(worker.claim(place, 0), true);
  assertEquals(worker.claim(place, 0), false);
  assertEquals(worker.claim(place, 1), false);
  assertEquals(pool.workerOf(place), 0);
  assertEquals(pool.withdraw(place), false);
});

Deno.test("a call that was withdrawn or released cannot be claimed", () => {
  const { pool, worker } = open(1);
  const withdrawn = pool.take()!;
  assertEquals(pool.withdraw(withdrawn), true);
  assertEquals(pool.withdraw(withdrawn), false);
  assertEquals(worker.claim(withdrawn, 0), false);
  pool.release(withdrawn);
  const next = pool.take()!;
  assertEquals(worker.claim(withdrawn, 0), false);
  assertEquals(worker.claim(next, 0), true);
});

Deno.test("a call that its worker gives back can be claimed or withdrawn again", () => {
  const { pool, worker } = open(2);
  const [place, other] = [pool.take()!, pool.take()!];
  assertEquals(worker.giveBack(place, 1), false); // it has not claimed it
  worker.claim(place, 1);
  assertEquals(worker.giveBack(place, 2), false);
  assertEquals(worker.giveBack(place, 1), true);
  assertEquals(pool.workerOf(place), undefined);
  assertEquals(worker.claim(place, 0), true);
  worker.claim(other, 1);
  pool.release(other);
  assertEquals(worker.giveBack(other, 1), false); // the pool has given it up
  worker.giveBack(place, 0);
  assertEquals(pool.withdraw(place), true);
});

Deno.test("the last worker that a pool may have is told apart from the others", () => {
  const { pool, worker } = open(1);
  const place = pool.take()!;
  worker.claim(place, MAX_WORKERS - 1);
  assertEquals(pool.workerOf(place), MAX_WORKERS - 1);
});

Deno.test("generations start again, and stay within their bits, after all have been used", () => {
  const { pool, worker } = open(1);
  const words = new Int32Array(pool.buffer);
  words[0] = -1 << 10; // the last generation, as 21 bits beside a code of 10 or as 22
  const generations = Array.from({ length: 3 }, () => {
    const place = pool.take()!;
    assertEquals(worker.claim(place, 3), true);
    assertEquals(pool.workerOf(place), 3);
    pool.release(place);
    return place.generation;
  });
  assertEquals(generations.every((generation) => generation >= 0 && generation < 2 ** 21), true);
  assertEquals(new Set(generations).size, 3);
});

Deno.test("a call is either withdrawn or claimed, wherever one interrupts the other", () => {
  for (let at = 0; at < 3; at++) {
    const { pool, worker } = open(1);
    const place = pool.take()!;
    let withdrawn: boolean | undefined;
    const claimed = interleave(
      () => worker.claim(place, 0),
      at,
      () => withdrawn = pool.withdraw(place),
      ["compareExchange", "load"],
    );
    withdrawn ??= pool.withdraw(place);
    assertEquals([claimed, withdrawn].filter(Boolean).length, 1);
  }
});

Deno.test("late claims never get a call of another generation, under every schedule", () => {
  const step = fc.constantFrom("take", "claim", "release", "claim late");
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (schedule) => {
    const { pool, worker } = open(2);
    const live: Place[] = [];
    const released: Place[] = [];
    for (const step of schedule) {
      const place = step === "take" ? pool.take() : live[0];
      if (place === undefined) continue;
      if (step === "take") live.push(place);
      if (step === "claim") worker.claim(place, 1);
      if (step === "release") {
        pool.release(place);
        released.push(live.shift()!);
      }
      if (step === "claim late") {
        for (const late of released) assertEquals(worker.claim(late, 2), false);
      }
    }
  }));
});
