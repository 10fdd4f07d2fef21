import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Slots } from "../../../lib/rpc/call/slots.ts";

Deno.test("Slots gives each value under its number, until it is taken", () => {
  const slots = new Slots<string>();
  const [one, two] = ["one", "two"].map((value) => {
    const id = slots.nextId();
    slots.set(id, value);
    return id;
  });
  assertEquals([slots.get(one), slots.get(two), slots.size], ["one", "two", 2]);
  assertEquals([slots.take(one), slots.take(one), slots.get(one)], ["one", undefined, undefined]);
  assertEquals([...slots.values()], ["two"]);
});

Deno.test("Slots never gives a number twice, and grows around a value that stays", () => {
  const slots = new Slots<number>();
  const ids = new Set<number>();
  const add = (value: number) => {
    const id = slots.nextId();
    assertEquals(ids.has(id), false);
    ids.add(id);
    slots.set(id, value);
    return id;
  };
  const stays = add(-1);
  for (let n = 0; n < 1_000; n++) slots.take(add(n)); // the same slots, again and again
  const many = Array.from({ length: 1_000 }, (_, n) => add(n)); // more than there were slots
  assertEquals(slots.get(stays), -1);
  assertEquals(many.map((id) => slots.take(id)), Array.from({ length: 1_000 }, (_, n) => n));
  assertEquals(slots.size, 1);
});

Deno.test("Slots has nothing under what is no number of its own", () => {
  const slots = new Slots<number>();
  slots.set(slots.nextId(), 1);
  for (const id of [0, -1, 1.5, NaN, 1 + 128, 1e15, "1", null, undefined, [1], { valueOf: 1 }]) {
    assertEquals([slots.get(id), slots.take(id)], [undefined, undefined]);
  }
  assertEquals(slots.size, 1);
});

Deno.test("Slots that was cleared is empty and goes on counting", () => {
  const slots = new Slots<number>();
  const before = slots.nextId();
  slots.set(before, 1);
  slots.clear();
  assertEquals([slots.size, slots.get(before), [...slots.values()]], [0, undefined, []]);
  assertEquals(slots.nextId() > before, true);
});

Deno.test("Slots holds what a Map would hold, whatever the order of calls", () => {
  const step = fc.oneof(fc.constant("add" as const), fc.nat(1_000));
  const steps = fc.array(step, { maxLength: 2_000, size: "max" });
  fc.assert(
    fc.property(steps, (chosen) => {
      const slots = new Slots<number>();
      const model = new Map<number, number>();
      for (const step of chosen) {
        if (step === "add") {
          const id = slots.nextId();
          slots.set(id, id * 2);
          model.set(id, id * 2);
        } else {
          assertEquals(slots.take(step), model.get(step));
          model.delete(step);
        }
      }
      assertEquals(slots.size, model.size);
      assertEquals([...slots.values()].sort(), [...model.values()].sort());
    }),
    { numRuns: 30 },
  );
});
