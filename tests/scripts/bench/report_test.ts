import { assertEquals } from "@std/assert";
import { formatMiB, formatRate, layOut } from "../../../scripts/bench/report.ts";

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

Deno.test("formatMiB() rounds to whole MiB", () => {
  assertEquals(formatMiB(57 * 1_048_576 + 10), "57 MiB");
});
