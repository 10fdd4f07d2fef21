import { assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { stalePages } from "../../../scripts/docs/reference.ts";
import { formatLimit } from "../../../scripts/docs/limits_page.ts";

Deno.test("docs/reference is what deno task reference writes; run it if this fails", async () => {
  assertEquals(await stalePages(), []);
});

Deno.test("formatLimit writes the largest unit that fits", () => {
  assertEquals(
    [
      formatLimit("maxLineBytesBeforeSignIn", 65_536),
      formatLimit("callTimeoutMs", 30_000),
      formatLimit("spinMs", 0.03),
      formatLimit("napUs", 10),
      formatLimit("maxCallTimeoutMs", 86_400_000),
      formatLimit("minBlobBytes", 1_500),
      formatLimit("maxDepth", 64),
      formatLimit("renewAfterLifeShare", 2 / 3),
      formatLimit("storeFile", "dari.db"),
    ],
    ["64 KiB", "30 s", "30 µs", "10 µs", "1 day", "1,500 bytes", "64", "0.667", "`dari.db`"],
  );
});

Deno.test("the page of limits has every limit", async () => {
  const page = await Deno.readTextFile(
    new URL("../../../docs/reference/limits.md", import.meta.url),
  );
  assertEquals(Object.keys(limits).filter((name) => !page.includes(`| \`${name}\``)), []);
});
