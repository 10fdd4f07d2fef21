import { assertEquals } from "@std/assert";
import { growthOf, type Minute } from "../../scripts/soak.ts";

const MB = 1_024 * 1_024;
const minute = (megabytes: number, files: number): Minute => ({
  rssBytes: megabytes * MB,
  files,
  p99Ms: 1,
});

Deno.test("growthOf() compares the last minute with the second, within its bounds", () => {
  const [first, second] = [minute(50, 10), minute(100, 50)];
  assertEquals(growthOf([]), []);
  assertEquals(growthOf([first, second]), []);
  assertEquals(growthOf([first, second, minute(144, 82)]), []);
  assertEquals(growthOf([first, second, minute(145, 82)]), ["memory grew from 100 MB to 145 MB"]);
  assertEquals(growthOf([first, second, minute(144, 83)]), ["open files grew from 50 to 83"]);
  assertEquals(growthOf([first, second, minute(900, 900), minute(100, 50)]), []);
});
