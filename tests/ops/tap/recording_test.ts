import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { parseRecording, recordingHead } from "../../../lib/ops/tap/recording.ts";

const head = recordingHead(0);
const call = { method: "add", principal: null };

Deno.test("a recording is read; a last line that was cut is left out", () => {
  const text = `${head}\n${JSON.stringify(call)}\n{"missed":3}\n{"method":"ad`;
  assertEquals(parseRecording(text, "c") as unknown, { calls: [call], missed: 3 });
  assertEquals(parseRecording(head, "c").calls, []);
});

Deno.test("another version, another file and a damaged line are refused, each by its reason", () => {
  const principal = (more: object) => ({ ...call, principal: { name: "a", kind: "x", ...more } });
  for (
    const [text, reason] of [
      ["", "it is no recording of dari tap"],
      ["PK\u0003\u0004", "it is no recording of dari tap"],
      ["null\n", "it is no recording of dari tap"],
      [head.replace('"version":1', '"version":2'), "its version is 2, and this dari reads 1 alone"],
      [`${head}\n\n`, "line 2 is no call"],
      [`${head}\n{"method":1}\n`, "line 2 is no call"],
      [`${head}\n${JSON.stringify(principal({}))}\n`, "line 2 is no call"],
      [`${head}\n${JSON.stringify(principal({ roles: [1] }))}\n`, "line 2 is no call"],
      [`${head}\n${JSON.stringify(principal({ roles: [], scopes: 1 }))}\n`, "line 2 is no call"],
    ] as const
  ) {
    const error = assertThrows(() => parseRecording(text, "c.jsonl"), DariError);
    assertEquals([error.code, error.message], [
      "data",
      `Cannot read the recording "c.jsonl": ${reason}`,
    ]);
  }
});
