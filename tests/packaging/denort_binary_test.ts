import { Buffer } from "node:buffer";
import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../lib/base/errors.ts";
import { denortFault } from "../../lib/packaging/denort_binary.ts";
import { tempDirectory } from "../support/temp.ts";

/** A header of each format with denort's mark behind it. */
function marked(write: (binary: Buffer) => void, mark = "d3n0l4nd"): Buffer {
  const header = Buffer.alloc(128);
  write(header);
  return Buffer.concat([header, Buffer.from(mark)]);
}

const elf = (machine: number) => (binary: Buffer) => {
  binary.writeUInt32LE(0x464c457f, 0);
  binary.writeUInt16LE(machine, 18);
};
const machO = (processor: number) => (binary: Buffer) => {
  binary.writeUInt32LE(0xfeedfacf, 0);
  binary.writeUInt32LE(processor, 4);
};
const pe = (machine: number) => (binary: Buffer) => {
  binary.write("MZ", 0);
  binary.writeUInt32LE(100, 60);
  binary.writeUInt16LE(machine, 104);
};

const binaries = {
  "x86_64-unknown-linux-gnu": marked(elf(0x3e)),
  "aarch64-unknown-linux-gnu": marked(elf(0xb7)),
  "x86_64-apple-darwin": marked(machO(0x01000007)),
  "aarch64-apple-darwin": marked(machO(0x0100000c)),
  "x86_64-pc-windows-msvc": marked(pe(0x8664)),
  "aarch64-pc-windows-msvc": marked(pe(0xaa64)),
};

Deno.test("denortFault() takes denort for its own system, and names the system of another", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/denort`;
  for (const [system, bytes] of Object.entries(binaries)) {
    await Deno.writeFile(path, bytes);
    for (const target of Object.keys(binaries)) {
      const fault = `the denort in DENORT_BIN, ${path}, is for ${system}`;
      assertEquals(await denortFault(path, target), target === system ? undefined : fault);
    }
  }
});

Deno.test("denortFault() refuses Deno itself, other programs, and what is cut short", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/denort`;
  const target = "x86_64-unknown-linux-gnu";
  const refused = `the file in DENORT_BIN, ${path}, is not denort`;
  const help = "d3n0l4nd A modern JavaScript and TypeScript runtime";
  for (const bytes of [marked(elf(0x3e), help), marked(elf(0x3e), ""), Buffer.alloc(0)]) {
    await Deno.writeFile(path, bytes);
    assertEquals(await denortFault(path, target), refused);
  }
  await Deno.writeFile(path, Buffer.from("d3n0l4nd"));
  const unknown = `the denort in DENORT_BIN, ${path}, is for an unknown system`;
  assertEquals(await denortFault(path, target), unknown);
  const error = await assertRejects(() => denortFault(`${path}.absent`, target), DariError);
  assertEquals(error.code, "io");
});
