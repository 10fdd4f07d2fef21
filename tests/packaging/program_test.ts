import { assert, assertEquals } from "@std/assert";
import { findWorkers, hashOf } from "../../lib/packaging/program.ts";

const root = new URL("../../", import.meta.url);

// tests/scripts/compile_test.ts packs a program and runs it.

Deno.test("findWorkers() finds every module that dari starts as a worker", async () => {
  const workers = await findWorkers(root);
  const names = workers.map(({ name }) => name);
  assertEquals(names.length, new Set(names).size);
  for (const name of ["pipe_child", "queue_producer", "shared_memory_writer"]) {
    assert(names.includes(name), name);
  }
  for (const { name, path } of workers) {
    assert((await Deno.stat(new URL(path, root))).isFile, path);
    assert(path.endsWith(`/${name}.ts`), path);
  }
});

Deno.test("hashOf() is SHA-256 in hexadecimal", async () => {
  // FIPS 180-4, the example of one block
  assertEquals(
    await hashOf(new TextEncoder().encode("abc")),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});
