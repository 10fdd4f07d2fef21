import { assertEquals } from "@std/assert";
import { type Change, decideAll, independentLength } from "../../../lib/cert/ledger/change.ts";
import { issued } from "../../support/ledgers.ts";

function change(touches: Change["touches"], decide: Change["decide"] = () => issued("1")): Change {
  return { touches, decide, resolve: () => {}, reject: () => {} };
}

Deno.test("independentLength() ends before what depends on an earlier change", () => {
  const cases: [Change["touches"][], number][] = [
    [[["1"], ["2"], ["3"]], 3],
    [[["1", "renewal of 0"], ["2", "renewal of 0"]], 1],
    [[["1"], ["1"]], 1],
    [[["1"], "everything", ["2"]], 1],
    [["everything", ["2"]], 1],
    [["everything", "everything"], 1],
  ];
  for (const [touches, length] of cases) {
    assertEquals(independentLength(touches.map((one) => change(one))), length);
  }
});

Deno.test("decideAll() asks all, also after one has refused", () => {
  const refusal = new Error("no");
  const [first, second] = [
    change(["1"], () => {
      throw refusal;
    }),
    change(["2"], () => issued("2")),
  ];
  const { accepted, refused, events } = decideAll([first, second]);
  assertEquals(accepted, [second]);
  assertEquals(events, [issued("2")]);
  assertEquals(refused.get(first), refusal);
});
