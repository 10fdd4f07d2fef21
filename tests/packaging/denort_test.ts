import { assertEquals } from "@std/assert";
import { targets } from "../../lib/packaging/denort.ts";
import { tempDirectory } from "../support/temp.ts";

// The Deno binary in the place of denort makes a program that is none, so nothing is fetched.
Deno.test("compileWithDenort() does not take Deno itself for denort, and leaves nothing behind", async () => {
  await using directory = await tempDirectory();
  const script = `
    import { compileWithDenort } from ${
    JSON.stringify(import.meta.resolve("../../lib/packaging/denort.ts"))
  };
    const root = new URL(${JSON.stringify(import.meta.resolve("../../"))});
    const outcome = await compileWithDenort(root, ${
    JSON.stringify(`${directory.path}/dari`)
  }, Deno.build.target);
    console.log(JSON.stringify(outcome));`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", script],
    env: { DENORT_BIN: Deno.execPath(), NO_COLOR: "1" },
  }).output();
  const { made } = JSON.parse(new TextDecoder().decode(stdout));
  assertEquals(made, false);
  assertEquals(Array.from(Deno.readDirSync(directory.path)), []);
});

Deno.test("targets name the systems of Linux, macOS and Windows", () => {
  assertEquals(targets.length, new Set(targets).size);
  for (const name of ["linux", "apple", "windows"]) {
    assertEquals(targets.filter((target) => target.includes(name)).length, 2, name);
  }
});
