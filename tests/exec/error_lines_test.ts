import { assertEquals } from "@std/assert";
import { limits } from "../../lib/base/limits.ts";
import { ErrorLines } from "../../lib/exec/error_lines.ts";

Deno.test("text is told in lines, however it is cut, and the last one at the end", () => {
  const told: string[] = [];
  const lines = new ErrorLines((line) => told.push(line), () => 0);
  for (const text of ["on", "e\ntwo\r\nth", "ree"]) lines.add(text);
  assertEquals(told, ["one", "two"]);
  lines.end();
  assertEquals(told, ["one", "two", "three"]);
});

Deno.test("a line is cut at its longest, and what has no end is not kept", () => {
  const told: string[] = [];
  const lines = new ErrorLines((line) => told.push(line), () => 0);
  for (let count = 0; count < 100; count++) lines.add("x".repeat(limits.maxProgramLineLength));
  lines.add("\nnext\n");
  assertEquals(told, ["x".repeat(limits.maxProgramLineLength), "next"]);
});

Deno.test("of many lines in a second only some are told, and how many were left out", () => {
  const told: string[] = [];
  let now = 0;
  const lines = new ErrorLines((line) => told.push(line), () => now);
  const most = limits.maxProgramLinesPerSecond;
  for (let count = 0; count < most + 5; count++) lines.add("again\n");
  assertEquals(told.length, most);
  now = 1_000;
  lines.add("later\n");
  assertEquals(told.slice(most), ["(5 lines were left out)", "later"]);
});
