import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DariError } from "../../lib/base/errors.ts";
import { runDeno } from "../../lib/packaging/run_deno.ts";

Deno.test("runDeno() gives what Deno prints", async () => {
  assertStringIncludes(await runDeno(["--version"], "ask"), `deno ${Deno.version.deno}`);
});

Deno.test("runDeno() says first what Deno said, and keeps all of it as the cause", async () => {
  const error = await assertRejects(() => runDeno(["frob", "x"], "do it"), DariError);
  assertEquals(error.code, "failed_precondition");
  assertStringIncludes(error.message, "Cannot do it: deno frob: ");
  assertEquals([error.message.includes("\n"), typeof error.cause], [false, "string"]);
});
