import { assertEquals } from "@std/assert";
import { bytes, milliseconds } from "../../../lib/endpoint/console/console_parts.js";

Deno.test("times and sizes are short enough for the axis of a chart", () => {
  assertEquals(
    [null, 0, 0.25, 1, 99.94, 999, 1_000, 2_500, 90_000].map(milliseconds),
    ["–", "0 µs", "250 µs", "1 ms", "99.9 ms", "999 ms", "1 s", "2.5 s", "90 s"],
  );
  assertEquals([0, 1_023, 1_536, 2 ** 40].map(bytes), ["0 B", "1,023 B", "1.5 KiB", "1 TiB"]);
});
