import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { limits } from "../../../lib/base/limits.ts";
import { OrderedKeys } from "../../../lib/cluster/fold/ordered_keys.ts";

Deno.test("OrderedKeys keeps the order of a sorted array, whatever is added and removed", () => {
  const key = fc.string({ unit: fc.constantFrom("a", "b", "/", "0"), minLength: 1, maxLength: 4 });
  fc.assert(fc.property(
    fc.array(fc.tuple(fc.boolean(), key), { maxLength: 200 }),
    key,
    (steps, prefix) => {
      const keys = new OrderedKeys();
      const model = new Set<string>();
      for (const [isAdded, each] of steps) {
        if (isAdded) keys.add(each), model.add(each);
        else keys.delete(each), model.delete(each);
      }
      const expected = [...model].filter((each) => each.startsWith(prefix)).sort();
      assertEquals([...keys.from(prefix)], expected);
      assertEquals([...keys.from("")], [...model].sort());
    },
  ));
});

Deno.test("OrderedKeys splits a run that is longer than its bound, and drops an empty one", () => {
  const keys = new OrderedKeys();
  const all = Array.from(
    { length: 3 * limits.storeKeyRunLength + 1 },
    (_, n) => String(n).padStart(5, "0"),
  );
  for (const key of all.toReversed()) keys.add(key);
  assertEquals([...keys.from("")], all);
  for (const key of all.slice(0, -1)) keys.delete(key);
  assertEquals([...keys.from("")], all.slice(-1));
  keys.delete(all.at(-1)!);
  keys.add("again");
  assertEquals([...keys.from("")], ["again"]);
});
