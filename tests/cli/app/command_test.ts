import { assertEquals } from "@std/assert";
import { defineCommand, findCommand } from "../../../lib/cli/app/command.ts";
import { commands } from "../../../lib/cli/table.ts";

Deno.test("defineCommand() fills in what a command does not declare", () => {
  const { operands, options, notes } = defineCommand({
    examples: ["dari stop"],
    run: () => Promise.resolve(0),
  });
  assertEquals([operands, options, notes], [{}, {}, []]);
});

Deno.test("findCommand() finds verbs of their own and nouns with their verb", () => {
  const find = (...words: string[]) => findCommand(words, commands)?.name;
  assertEquals(find("call", "add"), "call");
  assertEquals(find("cert", "issue", "a"), "cert issue");
  assertEquals([find(), find("cert"), find("cert", "--help")], [undefined, undefined, undefined]);
  assertEquals([find("constructor"), find("__proto__")], [undefined, undefined]);
});
