import { assertEquals, assertStringIncludes } from "@std/assert";
import { checkStyle } from "../../scripts/check_style.ts";

Deno.test("checkStyle() finds nothing in a short file with a good name", () => {
  assertEquals(checkStyle("lib/rpc/pending_calls.ts", "export class PendingCalls {}\n"), []);
});

Deno.test("checkStyle() refuses a file of 301 lines and takes one of 300", () => {
  assertEquals(checkStyle("lib/a.ts", "f();\n".repeat(300)), []);
  assertStringIncludes(checkStyle("lib/a.ts", "f();\n".repeat(301))[0] ?? "", "301 lines");
});

Deno.test("checkStyle() refuses folders and files named for nothing", () => {
  assertStringIncludes(checkStyle("lib/utils/a.ts", "")[0] ?? "", '"utils" does not say');
  assertStringIncludes(checkStyle("lib/rpc/helpers.ts", "")[0] ?? "", '"helpers" does not say');
});

Deno.test("checkStyle() refuses names that are not snake_case", () => {
  assertStringIncludes(checkStyle("lib/rpc/pendingCalls.ts", "")[0] ?? "", "snake_case");
  assertStringIncludes(checkStyle("lib/rpc/pending-calls.ts", "")[0] ?? "", "snake_case");
});

Deno.test("checkStyle() refuses vague classes with their line", () => {
  const found = checkStyle("lib/a.ts", "\nexport class SessionManager {}\n");
  assertEquals(found, [
    'lib/a.ts:2: class "SessionManager" is named for nothing that it does',
  ]);
});

Deno.test("checkStyle() refuses work left for later", () => {
  const found = checkStyle("lib/a.ts", `// ${"TO" + "DO"}: all of it\n`);
  assertEquals(found, ["lib/a.ts:1: something is left for later; do it now"]);
});
