import { assertEquals, assertMatch } from "@std/assert";
import { describeSlowReaders, type SlowFigure } from "../../../../scripts/bench/slow_reader/mod.ts";

const MiB = 1_024 * 1_024;
const good: SlowFigure = {
  transport: "tcp",
  slow: "both",
  serverGrowthBytes: 10 * MiB,
  clientGrowthBytes: 7 * MiB,
  p99Ms: 5,
  answered: 40,
  catchUpMs: 30,
  failures: [],
};

Deno.test("describeSlowReaders() marks every goal that is missed", () => {
  const marks = (figure: Partial<SlowFigure>) =>
    describeSlowReaders([{ ...good, ...figure }])[1]?.match(/</g)?.length ?? 0;
  assertEquals(marks({}), 0);
  assertEquals(marks({ serverGrowthBytes: 17 * MiB }), 1);
  assertEquals(marks({ clientGrowthBytes: 17 * MiB, p99Ms: 21 }), 2);
  assertMatch(describeSlowReaders([{ ...good, failures: ["lost"] }])[1] ?? "", /< 1: lost/);
});
