import { assertEquals } from "@std/assert";
import { compileWithDenort, targets } from "../../lib/packaging/denort.ts";
import { demoPermissions, permissions } from "../../lib/packaging/permissions.ts";
import { bundleProgram } from "../../lib/packaging/program.ts";
import { readCompiled, writeStandIn } from "../support/denort_stand_in.ts";
import { tempDirectory } from "../support/temp.ts";

const root = new URL("../../", import.meta.url);

Deno.test("compileWithDenort() does not take Deno itself for denort, and leaves nothing behind", async () => {
  await using directory = await tempDirectory();
  const { target } = Deno.build;
  const deno = Deno.execPath();
  assertEquals(await compileWithDenort([], `${directory.path}/dari`, target, deno), {
    made: false,
    reason: `the file in DENORT_BIN, ${deno}, is not denort`,
  });
  assertEquals(Array.from(Deno.readDirSync(directory.path)), []);
});

/** The permissions as `deno compile` writes them: a list, an empty one for all of that kind. */
function written(flags: readonly string[]): Record<string, string[]> {
  const kinds: Record<string, string[]> = {};
  for (const flag of flags) {
    const [, kind = "", values = ""] = /^--(allow-\w+)(?:=(.*))?$/.exec(flag) ?? [];
    (kinds[kind.replace("-", "_")] ??= []).push(...values.split(",").filter((value) => value));
  }
  return kinds;
}

Deno.test("an executable of deno compile has the program's files and permissions, read back", async () => {
  await using directory = await tempDirectory();
  const [standIn, path] = [`${directory.path}/denort`, `${directory.path}/dari`];
  const target = await writeStandIn(standIn);
  if (target === undefined) return console.log("deno compile is not tried: no stand-in here");
  const program = await bundleProgram(root);
  assertEquals(await compileWithDenort(program, path, target, standIn), { made: true });
  const { metadata, files } = await readCompiled(path);
  const { prompt, allow_import: _imports, ...given } = metadata.permissions;
  const granted = Object.entries(given).filter(([, values]) => values !== null);
  assertEquals(Object.fromEntries(granted), written([...permissions, ...demoPermissions]));
  assertEquals([prompt, metadata.argv, metadata.entrypoint_key], [false, [], "cli.js"]);
  // A user's module comes in as text, and finds the library by this map.
  const { imports } = JSON.parse(metadata.workspace_resolver.import_map.json);
  assertEquals([imports["@dari/dari"], imports["dari/ipc"]], ["./mod.js", "./ipc.js"]);
  // What lists the files is missing: without Deno's tools nothing can be compiled from there.
  const expected = program.filter(({ name }) => name !== "program.json");
  assertEquals([...files.keys()].sort(), expected.map(({ name }) => name).sort());
  for (const { name, bytes } of expected) assertEquals(files.get(name), bytes, name);
  const names = [...files.keys()].join(" ");
  for (const part of ["queue_producer.ts", "build.json", "lib-", "dist-"]) {
    assertEquals(names.includes(part), true, part); // workers, the commit, npm's packages
  }
});

Deno.test("targets name the systems of Linux, macOS and Windows", () => {
  assertEquals(targets.length, new Set(targets).size);
  for (const name of ["linux", "apple", "windows"]) {
    assertEquals(targets.filter((target) => target.includes(name)).length, 2, name);
  }
});
