import { assertEquals, assertStringIncludes } from "@std/assert";
import { dari, failed } from "../../support/dari_command.ts";
import { tempDirectory } from "../../support/temp.ts";

// tests/scripts/compile_test.ts compiles a module and runs the executable.

Deno.test("dari compile wants a module, and permissions that Deno has", async () => {
  assertEquals(
    await dari(["compile"]),
    failed(64, "Missing MODULE; for instance: dari compile ./my_service.ts -o my_service"),
  );
  for (const flag of ["everything", "run=git --allow-ffi", "=x"]) {
    assertEquals(
      await dari(["compile", "./my_service.ts", "--allow", flag]),
      failed(
        64,
        `--allow takes a permission such as run=git or env=HOME, not ${JSON.stringify(flag)}`,
      ),
    );
  }
});

Deno.test("dari compile says why a module cannot be compiled, and writes nothing", async () => {
  await using directory = await tempDirectory();
  const module = `${directory.path}/service.ts`;
  const output = `${directory.path}/service`;
  const compile = ["compile", module, "-o", output];
  assertEquals(
    await dari(compile),
    failed(65, `Cannot load ${module}: there is no such file`),
  );
  await Deno.writeTextFile(module, "export const version = 3;");
  const { err, code } = await dari(compile);
  assertEquals(code, 65);
  assertStringIncludes(err, "exports no methods");
  const names = Array.from(Deno.readDirSync(directory.path), ({ name }) => name);
  assertEquals(names, ["service.ts"]);
});
