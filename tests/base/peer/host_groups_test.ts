import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { HostGroups } from "../../../lib/base/peer/host_groups.ts";

Deno.test("HostGroups finds the oldest item of the host with the most", () => {
  const groups = new HostGroups<number>();
  assertEquals(groups.oldestOfFullest(), undefined);
  for (const [host, item] of [["a", 1], ["b", 2], ["b", 3]] as const) groups.add(host, item);
  assertEquals([groups.oldestOfFullest(), groups.most, groups.size], [2, 2, 3]);
  assertEquals([groups.delete("b", 2), groups.delete("b", 2)], [true, false]);
  assertEquals([groups.oldestOfFullest(), groups.most, groups.countOf("b")], [1, 1, 1]);
});

Deno.test("HostGroups agrees with a list, whatever is added and removed", () => {
  const step = fc.tuple(
    fc.boolean(),
    fc.constantFrom("a", "b", "c"),
    fc.integer({ max: 5, min: 0 }),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const groups = new HostGroups<number>();
    const lists: Record<string, number[]> = { a: [], b: [], c: [] };
    for (const [adds, host, item] of steps) {
      const list = lists[host]!;
      if (adds && !list.includes(item)) list.push(item);
      if (!adds && list.includes(item)) list.splice(list.indexOf(item), 1);
      if (adds) groups.add(host, item);
      else groups.delete(host, item);
      const most = Math.max(...Object.values(lists).map(({ length }) => length));
      assertEquals(groups.most, most);
      assertEquals(groups.countOf(host), list.length);
      assertEquals(groups.size, Object.values(lists).flat().length);
      const oldest = Object.values(lists).filter((one) => one.length === most).map(([one]) => one);
      assertEquals(oldest.includes(groups.oldestOfFullest()), true);
    }
  }));
});
