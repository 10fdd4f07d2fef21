import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { readArguments } from "../../../lib/cli/app/arguments.ts";
import type { Io } from "../../../lib/cli/app/command.ts";
import { dataDirectoryOf } from "../../../lib/cli/app/data_directory.ts";

function directoryOf(words: readonly string[], env: Record<string, string> = {}): string {
  const io = { env: (name: string) => env[name] } as Io;
  return dataDirectoryOf(readArguments(words, { string: ["data"] }), io);
}

Deno.test("--data wins over DARI_DATA, which wins over the default", () => {
  assertEquals(directoryOf(["--data", "/a"], { DARI_DATA: "/b" }), "/a");
  assertEquals(directoryOf([], { DARI_DATA: "/b" }), "/b");
  assertEquals(directoryOf([]), limits.dataDirectory);
});

Deno.test("an empty DARI_DATA is unset, and an empty --data is refused: neither is the root", () => {
  assertEquals(directoryOf([], { DARI_DATA: "" }), limits.dataDirectory);
  const error = assertThrows(() => directoryOf(["--data", ""], {}), DariError);
  assertEquals(error.code, "usage");
});
