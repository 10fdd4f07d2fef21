import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { escapeControls, escapeLines } from "../../../lib/base/text/printable.ts";

Deno.test("escapeControls() leaves readable text as it is", () => {
  assertEquals(escapeControls("다리 🌉 é"), "다리 🌉 é");
});

Deno.test("escapeControls() escapes controls, separators of lines and what turns the direction", () => {
  assertEquals(escapeControls("\x1b[31m\n\u202e"), "\\u001b[31m\\u000a\\u202e");
  for (const unit of "\x00\t\x7f\x9b\u061c\u200e\u200f\u2028\u2029\u202a\u2066\u2069") {
    const code = unit.charCodeAt(0).toString(16).padStart(4, "0");
    assertEquals(escapeControls(`a${unit}b`), `a\\u${code}b`);
  }
});

Deno.test("escapeLines() leaves LF and tab, and escapes the other controls", () => {
  assertEquals(escapeLines("a\n\tb\r\x1b]0;title\x07"), "a\n\tb\\u000d\\u001b]0;title\\u0007");
});

Deno.test("JSON keeps its meaning when its controls are escaped", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    assertEquals(JSON.parse(escapeControls(JSON.stringify({ text }))), { text });
  }));
});
