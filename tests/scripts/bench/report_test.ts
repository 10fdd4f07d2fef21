import { assertEquals } from "@std/assert";
import {
  formatMiB,
  formatMicroseconds,
  formatRange,
  formatRate,
  layOut,
} from "../../../scripts/bench/report.ts";

Deno.test("layOut() lines up columns, text left and numbers right", () => {
  const columns = [{ title: "name", left: true }, { title: "calls/s" }];
  assertEquals(layOut(columns, [["raw", "10"], ["dari tls", "9"]]), [
    "name      calls/s",
    "raw            10",
    "dari tls        9",
  ]);
});

Deno.test("formatRate() keeps three figures", () => {
  assertEquals([1_312_000, 999_900, 164_499, 9_412, 812, 49.13].map(formatRate), [
    "1.31M",
    "1.00M",
    "164k",
    "9.41k",
    "812",
    "49.1",
  ]);
  assertEquals(formatRate(NaN), "-");
});

Deno.test("formatRange() tells the least and the most of several rounds", () => {
  assertEquals(formatRange([28_000, 26_100, 128_000], formatRate), "26.1k–128k");
  assertEquals(formatRange([28_000], formatRate), "");
  assertEquals(formatRange([], formatRate), "");
});

Deno.test("formatMicroseconds() shows a dash where nothing was timed", () => {
  assertEquals([5.83, NaN].map(formatMicroseconds), ["5.8", "-"]);
});

Deno.test("formatMiB() rounds to whole MiB", () => {
  assertEquals(formatMiB(57 * 1_048_576 + 10), "57 MiB");
});
