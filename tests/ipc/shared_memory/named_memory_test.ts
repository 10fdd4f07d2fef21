import { assert, assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import {
  adoptMemory,
  createMemory,
  openMemory,
  unlinkMemory,
} from "../../../lib/ipc/shared_memory/named_memory.ts";
import { startWorker } from "../../support/ipc_worker.ts";

const newName = () => `dari_test_${crypto.randomUUID()}`;

Deno.test("memory of the workers' scope is found by its name until it is unlinked", () => {
  const name = newName();
  const created = createMemory(name, 64, "workers");
  created.bytes[0] = 7;
  const opened = openMemory(name, "workers");
  assertEquals([opened.bytes.length, opened.bytes[0]], [64, 7]);
  unlinkMemory(name, "workers");
  opened.bytes[1] = 8; // those who have it open can still use it
  assertEquals(created.bytes[1], 8);
  const missing = assertThrows(() => openMemory(name, "workers"), DariError);
  assertEquals(missing.code, "not_found");
  assertEquals(assertThrows(() => unlinkMemory(name, "workers"), DariError).code, "not_found");
});

Deno.test("createMemory() refuses a name that is taken, and takes it again once it is unlinked", () => {
  const name = newName();
  createMemory(name, 64, "workers");
  const taken = assertThrows(() => createMemory(name, 64, "workers"), DariError);
  assertEquals(taken.code, "already_exists");
  unlinkMemory(name, "workers");
  assertEquals(createMemory(name, 32, "workers").bytes.length, 32);
  unlinkMemory(name, "workers");
});

Deno.test("adoptMemory() makes memory of another thread known by its name", () => {
  const name = newName();
  const buffer = new SharedArrayBuffer(16);
  assert(adoptMemory(name, buffer).bytes.buffer === buffer);
  assert(openMemory(name, "workers").bytes.buffer === buffer);
  unlinkMemory(name, "workers");
});

Deno.test("a name is known only in the threads that created or adopted it", async () => {
  const name = newName();
  createMemory(name, 64, "workers");
  using other = startWorker(`
    import { openMemory } from "LIB/shared_memory/named_memory.ts";
    self.onmessage = ({ data }) => {
      try { openMemory(data, "workers"); self.postMessage("found"); }
      catch (error) { self.postMessage(error.code); }
    };`);
  assertEquals(await other.ask(name), "not_found");
  unlinkMemory(name, "workers");
});

Deno.test("the scopes have their own names", () => {
  const name = newName();
  createMemory(name, 64, "workers");
  if (Deno.build.os === "linux") {
    assertEquals(assertThrows(() => openMemory(name, "processes"), DariError).code, "not_found");
  }
  unlinkMemory(name, "workers");
});

Deno.test("names that are not valid are refused in every way to give them", () => {
  for (const name of ["", "a/b", "../x", ".x", "-x", "a\0b", "a b", "x".repeat(251), "é"]) {
    const uses = [
      () => createMemory(name, 64, "workers"),
      () => createMemory(name, 64, "processes"),
      () => openMemory(name, "workers"),
      () => openMemory(name, "processes"),
      () => adoptMemory(name, new SharedArrayBuffer(16)),
    ];
    for (const use of uses) assertThrows(use, TypeError, JSON.stringify(name));
  }
  const longest = "x".repeat(250);
  adoptMemory(longest, new SharedArrayBuffer(16));
  unlinkMemory(longest, "workers");
});
