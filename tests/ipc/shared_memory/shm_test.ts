import { assert, assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { createNamed, openNamed, unlinkNamed } from "../../../lib/ipc/shared_memory/shm.ts";

function test(sentence: string, fn: (name: string) => void | Promise<void>): void {
  Deno.test({
    name: sentence,
    ignore: Deno.build.os !== "linux",
    fn: () => fn(`dari_test_${crypto.randomUUID()}`),
  });
}

function codeOf(fn: () => unknown): string {
  return assertThrows(fn, DariError).code;
}

/** Deno gives no access to /dev without all permissions. */
async function run(command: string, ...args: string[]): Promise<string> {
  const { success, stdout } = await new Deno.Command(command, { args }).output();
  assert(success, `${command} failed`);
  return new TextDecoder().decode(stdout);
}

test("two mappings of one name are the same memory, which begins with zeros", (name) => {
  const created = createNamed(name, 5_000);
  const opened = openNamed(name);
  assertEquals(opened.bytes.length, 5_000);
  assertEquals(opened.bytes.every((byte) => byte === 0), true);
  created.bytes[4_999] = 7;
  assertEquals(opened.bytes[4_999], 7);
  unlinkNamed(name);
  created.release();
  assertEquals(opened.bytes[4_999], 7); // one mapping does not need the other
  opened.release();
});

test("only its owner can open the memory", async (name) => {
  const { release } = createNamed(name, 100);
  try {
    assertEquals((await run("stat", "--format=%a", `/dev/shm/${name}`)).trim(), "600");
  } finally {
    release();
    unlinkNamed(name);
  }
});

test("a name that is taken is refused, and its memory is left alone", (name) => {
  const created = createNamed(name, 100);
  created.bytes[0] = 7;
  assertEquals(codeOf(() => createNamed(name, 200)), "already_exists");
  const opened = openNamed(name);
  assertEquals([opened.bytes.length, opened.bytes[0]], [100, 7]);
  unlinkNamed(name);
  for (const { release } of [created, opened]) release();
});

test("a name that nothing has is not found", (name) => {
  assertEquals(codeOf(() => openNamed(name)), "not_found");
  assertEquals(codeOf(() => unlinkNamed(name)), "not_found");
});

test("memory that its creator has not sized yet is refused", async (name) => {
  await run("touch", `/dev/shm/${name}`);
  try {
    assertEquals(codeOf(() => openNamed(name)), "failed_precondition");
  } finally {
    unlinkNamed(name);
  }
});

test("memory that the system cannot give leaves no name behind", (name) => {
  assertEquals(codeOf(() => createNamed(name, 2 ** 52)), "io");
  assertEquals(codeOf(() => openNamed(name)), "not_found");
});
