import { assertEquals } from "@std/assert";
import { formatAge, formatBytes, formatCount, formatMs } from "../../../lib/cli/top/numbers.ts";

Deno.test("numbers are written so that they are read at a glance", () => {
  assertEquals([0, .25, .3, 1, 1.26, 9.96, 12.4, 1234].map(formatCount), [
    ...["0", "0.25", "0.3", "1", "1.3", "10", "12", "1,234"],
  ]);
  assertEquals([0, 12, 1023, 1536, 20_480, 3 * 2 ** 30].map(formatBytes), [
    ...["0 B", "12 B", "1023 B", "1.5 KiB", "20 KiB", "3.0 GiB"],
  ]);
  assertEquals([null, .041, 1.25, 12.4, 1_500].map(formatMs), [
    ...["-", "0.04 ms", "1.3 ms", "12 ms", "1.5 s"],
  ]);
  const [s, m, h, d] = [1_000, 60_000, 3_600_000, 86_400_000];
  assertEquals([0, 999, 5 * s, m, 61 * s, 5 * h + 59 * s, 3 * d + 4 * h].map(formatAge), [
    ...["0s", "0s", "5s", "1m", "1m 1s", "5h", "3d 4h"],
  ]);
});
