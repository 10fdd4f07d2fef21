import { assertEquals, assertStringIncludes } from "@std/assert";
import { checkFolders, checkStyle } from "../../scripts/check_style.ts";

Deno.test("checkStyle() finds nothing in a short file with a good name", () => {
  assertEquals(checkStyle("lib/rpc/pending_calls.ts", "export class PendingCalls {}\n"), []);
});

Deno.test("checkStyle() refuses a file of 301 lines and takes one of 300", () => {
  assertEquals(checkStyle("lib/a.ts", "f();\n".repeat(300)), []);
  assertStringIncludes(checkStyle("lib/a.ts", "f();\n".repeat(301))[0] ?? "", "301 lines");
});

Deno.test("checkStyle() refuses folders and files whose name says nothing", () => {
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
    'lib/a.ts:2: class "SessionManager" has a name that does not say what it does',
  ]);
});

Deno.test("checkStyle() refuses functions that V8 keeps long, where connections and calls are served", () => {
  const line = "  call.resolve = (result) => done(result);\n";
  assertStringIncludes(checkStyle("lib/rpc/a.ts", line)[0] ?? "", "lib/rpc/a.ts:1: V8 puts");
  assertStringIncludes(checkStyle("lib/rpc/a.ts", "  this.#end = async () => {\n")[0] ?? "", "V8");
  assertEquals(checkStyle("lib/cli/a.ts", line), []);
  assertEquals(checkStyle("lib/rpc/a.ts", "  readonly #end = () => {\n"), []);
  assertEquals(checkStyle("lib/rpc/a.ts", "  call.resolve = done;\n"), []);
});

Deno.test("checkStyle() refuses work left for later", () => {
  const found = checkStyle("lib/a.ts", `// ${"TO" + "DO"}: all of it\n`);
  assertEquals(found, ["lib/a.ts:1: work is left for later; do it now"]);
});

Deno.test("checkFolders() takes a folder of 15 files and a mod.ts, and refuses one of 16", () => {
  const files = (count: number) =>
    Array.from({ length: count }, (_, index) => `lib/cert/x509/file_${index}.ts`);
  assertEquals(checkFolders([...files(15), "lib/cert/x509/mod.ts", "lib/cert/mod.ts"]), []);
  assertEquals(checkFolders(files(16)), [
    "lib/cert/x509: 16 files; make folders of it, 15 files are the most",
  ]);
});

Deno.test("checkFolders() counts only the library's files", () => {
  const files = Array.from({ length: 16 }, (_, index) => `tests/support/file_${index}.ts`);
  assertEquals(checkFolders(files), []);
});
