import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { BoundedMap } from "../../lib/base/bounded_map.ts";

Deno.test("BoundedMap keeps an entry for half as many additions as it may hold entries", () => {
  const map = new BoundedMap<string, number>(10);
  map.set("busy", 0);
  map.set("idle", 0);
  for (let n = 1; n <= 5; n++) map.set(`n${n}`, n);
  assertEquals(map.get("busy"), 0);
  for (let n = 6; n <= 10; n++) map.set(`n${n}`, n);
  assertEquals(map.get("busy"), 0);
  assertEquals(map.get("idle"), undefined);
});

Deno.test("BoundedMap never holds more than its bound, and agrees with a Map on what it holds", () => {
  const action = fc.tuple(fc.constantFrom("set", "get", "delete"), fc.nat(20));
  fc.assert(fc.property(fc.array(action, { maxLength: 300 }), (actions) => {
    const map = new BoundedMap<number, number>(8);
    const model = new Map<number, number>();
    for (const [index, [kind, key]] of actions.entries()) {
      if (kind === "set") {
        map.set(key, index);
        model.set(key, index);
      } else if (kind === "delete") {
        map.delete(key);
        model.delete(key);
      }
      const value = map.get(key);
      assert(value === undefined || value === model.get(key));
      if (kind === "set") assertEquals(value, index);
      assert(map.size <= 8);
      assertEquals([...map.values()].length, map.size);
    }
  }));
});

Deno.test("delete() says whether the entry was there, however old it is", () => {
  const map = new BoundedMap<string, number>(4);
  for (const key of ["old", "older", "young"]) map.set(key, 1);
  for (const key of ["old", "young"]) {
    assertEquals([map.delete(key), map.get(key), map.delete(key)], [true, undefined, false]);
  }
});

Deno.test("an entry that is set again is held once", () => {
  const map = new BoundedMap<string, number>(4);
  for (const key of ["a", "b", "c", "a"]) map.set(key, 1);
  assertEquals([...map.values()].length, 3);
});

Deno.test("BoundedMap refuses a bound of less than two entries", () => {
  for (const most of [1, 0, -1, NaN]) {
    assertThrows(() => new BoundedMap<string, string>(most), RangeError);
  }
});
