import { assertEquals } from "@std/assert";
import { DAY_MS, HOUR_MS, KiB, MiB, MINUTE_MS } from "../../../lib/base/limits/units.ts";

Deno.test("units of time agree with the calendar", () => {
  const start = Date.UTC(2026, 0, 1);
  assertEquals(start + DAY_MS, Date.UTC(2026, 0, 2));
  assertEquals(start + HOUR_MS, Date.UTC(2026, 0, 1, 1));
  assertEquals(start + MINUTE_MS, Date.UTC(2026, 0, 1, 0, 1));
});

Deno.test("units of memory are powers of 1,024", () => {
  assertEquals([KiB, MiB], [2 ** 10, 2 ** 20]);
});
