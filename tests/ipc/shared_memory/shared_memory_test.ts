import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { deadline } from "../../../lib/base/abort.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { turn } from "../../../lib/base/turn.ts";
import { openNamed } from "../../../lib/ipc/shared_memory/shm.ts";
import { SharedMemory, type SharedMemoryScope } from "../../../lib/ipc/mod.ts";
import { countingSignal } from "../../support/counting_signal.ts";

const status = { status: "running", count: 42, message: "안녕" };
const newName = () => `dari_test_${crypto.randomUUID()}`;
const isLinux = Deno.build.os === "linux";

for (const scope of ["workers", "processes"] as const satisfies SharedMemoryScope[]) {
  const test = (name: string, fn: () => void | Promise<void>) =>
    Deno.test({ name: `${name} (${scope})`, ignore: scope === "processes" && !isLinux, fn });

  test("what one writes the other reads, and the version moves by two", async () => {
    const name = newName();
    using writer = SharedMemory.create(name, 1_000, { scope });
    using reader = SharedMemory.open(name, { scope, size: 1_000 });
    assertEquals(await reader.read(), undefined);
    assertEquals(writer.write(status), 2);
    assertEquals(await reader.read(), status);
    const changed = reader.changed(2);
    writer.write(new Uint8Array([9, 8]));
    assertEquals(await changed, 4);
    assertEquals(await reader.readBytes(), new Uint8Array([9, 8]));
    writer.unlink();
  });

  test("names taken, never created, of another size, and unlinked twice have their errors", () => {
    const name = newName();
    assertEquals(
      assertThrows(() => SharedMemory.open(name, { scope }), DariError).code,
      "not_found",
    );
    using memory = SharedMemory.create(name, 100, { scope });
    const taken = assertThrows(() => SharedMemory.create(name, 100, { scope }), DariError);
    assertEquals(taken.code, "already_exists");
    const size = assertThrows(() => SharedMemory.open(name, { scope, size: 200 }), DariError);
    assertEquals(size.code, "failed_precondition");
    memory.unlink();
    assertEquals(assertThrows(() => memory.unlink(), DariError).code, "not_found");
  });

  test("a writer that died half-way is reported, and repaired on request", async () => {
    const name = newName();
    using memory = SharedMemory.create(name, 64, { scope });
    using other = SharedMemory.open(name, { scope });
    memory.write("whole");
    leaveHalfWritten(memory);
    const late = await assertRejects(() => other.read({ timeoutMs: 5 }), DariError, "half-way");
    assertEquals(late.code, "unavailable");
    assertEquals(assertThrows(() => other.write(1), DariError).code, "unavailable");
    other.write("again", { repair: true });
    assertEquals(await memory.read(), "again");
    memory.unlink();
  });

  test("a closed memory and a message too long are refused", () => {
    const memory = SharedMemory.create(newName(), 64, { scope });
    const long = new Uint8Array(memory.maxMessageBytes + 1);
    assertEquals(assertThrows(() => memory.write(long), DariError).code, "resource_exhausted");
    memory.unlink();
    memory.close();
    memory.close();
    assertEquals(assertThrows(() => memory.write(1), DariError).code, "failed_precondition");
    assertEquals(assertThrows(() => memory.version, DariError).code, "failed_precondition");
  });

  test("close() rejects the waits that are in progress", async () => {
    const memory = SharedMemory.create(newName(), 64, { scope });
    const changed = memory.changed(0);
    leaveHalfWritten(memory);
    const { signal } = new AbortController();
    const waits = [changed, memory.read(), memory.readBytes({ signal }), memory.changed(0)];
    for (let turns = 0; turns < 10; turns++) await turn();
    memory.unlink();
    memory.close();
    // All at once: whichever of them ends first, somebody has to be there for it.
    const errors = await Promise.all(
      waits.map((wait) => assertRejects(() => deadline(wait, 5_000), DariError, "is closed")),
    );
    for (const { code } of errors) assertEquals(code, "failed_precondition");
  });

  test("a value that closes the memory while it is written is refused", () => {
    const memory = SharedMemory.create(newName(), 64, { scope });
    memory.unlink();
    const value = { toJSON: () => (memory.close(), 1) };
    assertEquals(assertThrows(() => memory.write(value), DariError).code, "failed_precondition");
  });

  test("a wait ends with its signal, and leaves no listener on it", async () => {
    using memory = SharedMemory.create(newName(), 64, { scope });
    memory.unlink();
    const counted = countingSignal();
    const waiting = memory.changed(0, { signal: counted.signal });
    counted.abort(new Error("enough"));
    await assertRejects(() => deadline(waiting, 5_000), Error, "enough");
    assertEquals(counted.count, 0);
    await assertRejects(() => memory.changed(0, { signal: counted.signal }), Error, "enough");
  });
}

/** Leaves the version odd, as a writer does that is killed between its first and its last step. */
function leaveHalfWritten(memory: SharedMemory): void {
  const mapping = memory.scope === "processes" ? openNamed(memory.name) : undefined;
  const buffer = mapping?.bytes.buffer ?? memory.descriptor.buffer;
  Atomics.add(new Int32Array(buffer), memory.size / 4 - 1, 1);
  mapping?.release();
}

Deno.test("names with slashes, dots first, NUL or nothing are refused", () => {
  for (const name of ["", "a/b", "../x", ".x", "a\0b", "a b", "x".repeat(251)]) {
    assertThrows(() => SharedMemory.create(name, 64), TypeError, "is not a valid name");
    assertThrows(() => SharedMemory.open(name), TypeError, "is not a valid name");
  }
});

Deno.test("without --allow-ffi the error says so", async () => {
  const module = new URL("../../../lib/ipc/shared_memory/shared_memory.ts", import.meta.url).href;
  const code = `import { SharedMemory } from "${module}";
    try { SharedMemory.create("x", 64); } catch (error) { console.log(error.code, error.message); }`;
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, code);
    const run = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "--no-prompt", file],
    }).output();
    assertEquals(
      /^permission_denied .*--allow-ffi/.test(new TextDecoder().decode(run.stdout)),
      true,
    );
  } finally {
    await Deno.remove(file);
  }
});
