import { assertEquals } from "@std/assert";
import { holdsWhatClonesLose, placeOfUncloneable } from "../../../lib/ipc/ring/clone.ts";

const cycle: Record<string, unknown> = {};
cycle.self = [cycle];

Deno.test("holdsWhatClonesLose() finds URLs and errors, wherever they stand", () => {
  const url = new URL("https://a.example");
  const holders = [
    url,
    [1, url],
    { a: { b: url } },
    new Map([[url, 1]]),
    new Set([new Error("no")]),
  ];
  for (const value of holders) assertEquals(holdsWhatClonesLose(value), true);
  for (const value of [1, null, { a: [1] }, cycle, new Date(), new Float64Array(9), /x/]) {
    assertEquals(holdsWhatClonesLose(value), false);
  }
  const failing = {
    get a() {
      throw new Error("no");
    },
  };
  assertEquals(holdsWhatClonesLose(failing), false);
});

Deno.test("placeOfUncloneable() names the first place, and ends at cycles", () => {
  assertEquals(placeOfUncloneable(() => 1), "value");
  assertEquals(
    placeOfUncloneable({ "a b": [cycle, new Set([Symbol("s")])] }),
    'value["a b"][1][0]',
  );
  assertEquals(placeOfUncloneable(cycle), undefined);
});
