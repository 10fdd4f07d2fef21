/**
 * Whether a file is denort, and for which system. `deno compile` takes any program in its place: with
 * Deno's own binary it makes a program that opens a prompt with every permission.
 *
 * @module
 */

import { Buffer } from "node:buffer"; // searches bytes
import { DariError } from "../base/errors.ts";
import { reasonOf } from "../base/file/reason.ts";

/** denort finds the program that was appended to it behind this word. */
const MARK_OF_PROGRAMS = "d3n0l4nd";
/** Deno's help, which a binary with all of Deno's commands contains and denort does not. */
const HELP_OF_DENO = "A modern JavaScript and TypeScript runtime";

const ELF = 0x464c457f;
const MACH_O = 0xfeedfacf;
const PE = 0x5a4d;

/** The processors, as each format numbers them. */
const machines: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  "unknown-linux-gnu": { 0x3e: "x86_64", 0xb7: "aarch64" },
  "apple-darwin": { 0x01000007: "x86_64", 0x0100000c: "aarch64" },
  "pc-windows-msvc": { 0x8664: "x86_64", 0xaa64: "aarch64" },
};

/**
 * Says why a file cannot be used as denort.
 *
 * @param path The file.
 * @param target The system that an executable is made for, as `deno compile` names it.
 * @returns The reason in a sentence; `undefined` when it can be used.
 * @throws {DariError} `io` when it cannot be read.
 */
export async function denortFault(path: string, target: string): Promise<string | undefined> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = await Deno.readFile(path);
  } catch (cause) {
    throw new DariError("io", `Cannot read DENORT_BIN "${path}": ${reasonOf(cause)}`, { cause });
  }
  const binary = Buffer.from(bytes.buffer);
  if (!binary.includes(MARK_OF_PROGRAMS) || binary.includes(HELP_OF_DENO)) {
    return `the file in DENORT_BIN, ${path}, is not denort`;
  }
  const system = systemOf(binary);
  if (system === target) return undefined;
  return `the denort in DENORT_BIN, ${path}, is for ${system ?? "an unknown system"}`;
}

/** @see ELF: elf(5); Mach-O: <mach-o/loader.h>; PE: Microsoft's PE Format */
function systemOf(binary: Buffer): string | undefined {
  const named = (system: string, machine: number) => {
    const processor = machines[system]?.[machine];
    return processor === undefined ? undefined : `${processor}-${system}`;
  };
  if (binary.length < 64) return undefined;
  if (binary.readUInt32LE(0) === ELF) return named("unknown-linux-gnu", binary.readUInt16LE(18));
  if (binary.readUInt32LE(0) === MACH_O) return named("apple-darwin", binary.readUInt32LE(4));
  if (binary.readUInt16LE(0) !== PE) return undefined;
  const header = binary.readUInt32LE(60);
  return header + 6 > binary.length
    ? undefined
    : named("pc-windows-msvc", binary.readUInt16LE(header + 4));
}
