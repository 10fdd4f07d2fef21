import { assertEquals, assertStringIncludes } from "@std/assert";
import { sampleMethods } from "../../../lib/cli/sample/sample_methods.ts";
import { type MethodObject, openRpcDocument } from "../../../lib/protocol/openrpc.ts";
import { registerMethods } from "../../../lib/rpc/method/registry.ts";
import { dari } from "../../support/dari_command.ts";
import { tempDirectory } from "../../support/temp.ts";

const info = { title: "samples", version: "1.0.0" };
const today = openRpcDocument(
  info,
  [...registerMethods(sampleMethods).values()].map((method) => method.describe()),
);

/** Two saved documents: today's, and one with other methods. */
async function documents(change: (methods: readonly MethodObject[]) => unknown) {
  const directory = await tempDirectory();
  const [before, after] = [`${directory.path}/before.json`, `${directory.path}/after.json`];
  await Deno.writeTextFile(before, JSON.stringify(today));
  await Deno.writeTextFile(after, JSON.stringify({ ...today, methods: change(today.methods) }));
  return {
    before,
    after,
    diff: (...more: string[]) => dari(["diff", before, after, ...more]),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

Deno.test("dari diff says that nothing changed, and ends with 0", async () => {
  await using saved = await documents((methods) => methods);
  assertEquals(await saved.diff(), { out: "nothing changed", err: "", code: 0 });
  const { out } = await saved.diff("--json");
  assertEquals(JSON.parse(out), { breaking: 0, changes: [] });
});

Deno.test("dari diff lists what breaks callers, and ends with 65", async () => {
  await using saved = await documents((methods) => [
    ...methods.slice(1),
    { ...methods[1]!, name: "divide" },
  ]);
  assertEquals(await saved.diff(), {
    out: [
      "effect  method  where  change",
      "breaks  add            the method is gone",
      "safe    divide         the method is new",
    ].join("\n"),
    err: "",
    code: 65,
  });
  const breaking = await saved.diff("--breaking");
  assertEquals([breaking.code, breaking.out.split("\n").length], [65, 2]);
});

Deno.test("dari diff ends with 0 where every change is safe", async () => {
  await using saved = await documents((methods) => [
    ...methods,
    { ...methods[0]!, name: "subtract" },
  ]);
  assertEquals((await saved.diff()).code, 0);
  assertEquals((await saved.diff("--breaking")).out, "nothing changed");
});

Deno.test("dari diff refuses what is no document, and says how to make one", async () => {
  await using saved = await documents((methods) => methods);
  for (const text of ["", "hello", "[]", "null", "{}", '{"openrpc":"1.4.0","methods":[1]}']) {
    await Deno.writeTextFile(saved.after, text);
    const { code, err } = await saved.diff();
    assertEquals(code, 65, text);
    assertStringIncludes(err, saved.after);
  }
  const { code, err } = await dari(["diff", saved.before, `${saved.before}.gone`]);
  assertEquals(code, 74);
  assertStringIncludes(err, "no such file");
});
