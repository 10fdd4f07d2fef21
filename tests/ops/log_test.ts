import { assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { createLog, escapeControls } from "../../lib/ops/log.ts";
import { TestClock } from "../support/clock.ts";

function lineOf(message: string, fields?: Record<string, unknown>): string {
  const lines: string[] = [];
  createLog((line) => lines.push(line), new TestClock(0)).write("warn", message, fields);
  assertEquals(lines.length, 1);
  return lines[0] ?? "";
}

Deno.test("a log line tells time, level, message and fields", () => {
  assertEquals(
    lineOf("a connection was cut", { peer: "127.0.0.1:9", reason: "too long", none: undefined }),
    '1970-01-01T00:00:00.000Z warn a connection was cut peer=127.0.0.1:9 reason="too long" none=undefined',
  );
});

Deno.test("nothing that a peer sent breaks out of its line or its field", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const line = lineOf("said", { text });
    // deno-lint-ignore no-control-regex
    assertEquals(/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/.test(line), false);
    assertMatch(line, /^\S+ warn said text=(?:[^\s"=]+|".*")$/);
  }));
});

Deno.test("a field of a megabyte is cut", () => {
  assertEquals(lineOf("said", { text: "x".repeat(1024 * 1024) }).length < 300, true);
});

Deno.test("escapeControls() leaves readable text as it is", () => {
  assertEquals(escapeControls("다리 🌉 é"), "다리 🌉 é");
  assertEquals(escapeControls("\x1b[31m\n\u202e"), "\\u001b[31m\\u000a\\u202e");
});
