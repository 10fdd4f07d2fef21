import { assertEquals } from "@std/assert";
import { VERSION } from "../../lib/base/version.ts";

Deno.test("VERSION is the version of deno.json", async () => {
  const path = new URL("../../deno.json", import.meta.url);
  assertEquals(VERSION, JSON.parse(await Deno.readTextFile(path)).version);
});
