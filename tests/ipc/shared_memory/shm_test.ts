import { assert, assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { SharedMemory } from "../../../lib/ipc/mod.ts";
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

test("memory over the room of /dev/shm is refused when it is created", (name) => {
  const error = assertThrows(() => createNamed(name, 2 ** 42), DariError, "/dev/shm has no room");
  assertEquals(error.code, "io");
  assertEquals(codeOf(() => openNamed(name)), "not_found");
});

/** Runs a shell command beside a /dev/shm of 1 MiB. */
async function mounted(command: string): Promise<{ success: boolean; out: string }> {
  const mount = "mount -t tmpfs -o size=1m none /dev/shm";
  const { success, stdout } = await new Deno.Command("unshare", {
    args: ["--mount", "sh", "-c", `${mount} && ${command}`],
    stderr: "null",
  }).output().catch(() => ({ success: false, stdout: new Uint8Array() }));
  return { success, out: new TextDecoder().decode(stdout) };
}

Deno.test({
  name: "in a full /dev/shm, memory is refused when it is created or opened, and no write crashes",
  ignore: Deno.build.os !== "linux" || !(await mounted("true")).success,
  async fn() {
    const module = new URL("../../../lib/ipc/shared_memory/shared_memory.ts", import.meta.url).href;
    const program = `
      import { SharedMemory } from "${module}";
      const fill = (open) => {
        try {
          using memory = open();
          memory.write(new Uint8Array(memory.maxMessageBytes));
          return "written";
        } catch (error) {
          return error.code;
        }
      };
      console.log([
        fill(() => SharedMemory.create("large", 4 << 20)),
        fill(() => SharedMemory.open("large")),
        fill(() => SharedMemory.open("sparse")),
        fill(() => SharedMemory.create("small", 512 << 10)),
      ].join(" "));`;
    const file = await Deno.makeTempFile({ suffix: ".ts" });
    try {
      await Deno.writeTextFile(file, program);
      const run = `"${Deno.execPath()}" run --no-check --allow-ffi "${file}"`;
      const { out } = await mounted(`truncate -s 4M /dev/shm/sparse && ${run}`);
      assertEquals(out, "io not_found io written\n");
    } finally {
      await Deno.remove(file);
    }
  },
});

test("memory that the system cannot give leaves no name behind", (name) => {
  assertEquals(codeOf(() => createNamed(name, 2 ** 52)), "io");
  assertEquals(codeOf(() => openNamed(name)), "not_found");
});

test("memory that is too short for a message is refused when it is opened", async (name) => {
  await run("truncate", "--size=15", `/dev/shm/${name}`);
  try {
    const error = assertThrows(() => SharedMemory.open(name), DariError, "has 15 bytes, not 16 to");
    assertEquals(error.code, "failed_precondition");
  } finally {
    unlinkNamed(name);
  }
});

test("a nap lets the event loop go on", async (name) => {
  const memory = createNamed(name, 100);
  unlinkNamed(name);
  const order: string[] = [];
  const nap = memory.nap().then(() => order.push("nap"));
  await Promise.all([nap, Promise.resolve().then(() => order.push("microtask"))]);
  memory.release();
  assertEquals(order, ["microtask", "nap"]);
});
