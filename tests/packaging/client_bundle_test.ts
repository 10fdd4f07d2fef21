import { assertEquals } from "@std/assert";
import { lowerForNode20 } from "../../lib/packaging/client_bundle.ts";

Deno.test("lowerForNode20() replaces Promise.withResolvers, and nothing in other files", async () => {
  const code = "export const made = Promise.withResolvers();\nmade.resolve(1);\n";
  const lowered = lowerForNode20(code);
  assertEquals(lowered.includes("Promise.withResolvers"), false);
  const { made } = await import(`data:text/javascript,${encodeURIComponent(lowered)}`);
  assertEquals(await made.promise, 1);
  assertEquals(lowerForNode20("export const a = 1;\n"), "export const a = 1;\n");
});
