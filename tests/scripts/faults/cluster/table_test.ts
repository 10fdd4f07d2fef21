import { assertEquals } from "@std/assert";
import type { RoundResult } from "../../../../scripts/faults/cluster/round.ts";
import { columns, rowsOf } from "../../../../scripts/faults/cluster/table.ts";

Deno.test("rowsOf() puts the rounds of each fault together", () => {
  const round = (fault: string, othersMs: number, more: Partial<RoundResult> = {}) => ({
    ...{ fault, othersMs, backMs: 10 * othersMs, revokedMs: othersMs, answers: 100 },
    ...{ failures: {}, broken: [], isWell: true },
    ...more,
  });
  const broken = [{ promise: "nothing runs twice", what: "one ran twice" }];
  const rows = rowsOf([
    round("killed", 300, { failures: { "calls: unavailable": 2, "sessions: unavailable": 3 } }),
    round("cut off", 7),
    round("killed", 100.4),
    round("killed", 200, { broken }),
  ]);
  assertEquals(rows, [
    ["killed", "3", "100 · 200 · 300", "1004 · 2000 · 3000", "300", "5", "300", "1"],
    ["cut off", "1", "7 · 7 · 7", "70 · 70 · 70", "100", "0", "7", "0"],
  ]);
  assertEquals(rows[0]?.length, columns.length);
});
