import { assertEquals } from "@std/assert";
import { defineCommand } from "../../../lib/cli/app/command.ts";

Deno.test("defineCommand() fills in what a command does not declare", () => {
  const { operands, options, notes } = defineCommand({
    examples: ["dari stop"],
    run: () => Promise.resolve(0),
  });
  assertEquals([operands, options, notes], [{}, {}, []]);
});
