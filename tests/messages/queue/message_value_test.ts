import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { readMessage, writeMessage } from "../../../lib/messages/queue/message_value.ts";

Deno.test("a value comes back as it was put, with what JSON does not carry", () => {
  for (
    const value of [
      null,
      "é\0",
      [1, { a: [true] }],
      { at: new Date(0), n: 12n, bytes: new Uint8Array([1, 2]), set: new Set(["a"]) },
    ]
  ) assertEquals(readMessage(writeMessage(value)), value);
  assertEquals(readMessage(writeMessage(undefined)), null);
});

Deno.test("a value may have maxQueueMessageBytes and no byte more", () => {
  const longest = "é".repeat((limits.maxQueueMessageBytes - 2) / 2); // two bytes each, and the quotes
  assertEquals(writeMessage(longest).bytes, limits.maxQueueMessageBytes);
  const error = assertThrows(() => writeMessage(`${longest}e`), DariError, "too large");
  assertEquals([error.code, error.retryable], ["resource_exhausted", false]);
});

Deno.test("what cannot wait is refused, and the message says where it stands", () => {
  const deep = (levels: number): unknown => levels === 0 ? 1 : [deep(levels - 1)];
  const most = limits.maxDepth - limits.messageNesting;
  writeMessage(deep(most));
  for (
    const [value, part] of [
      [{ f: () => 1 }, "value.f"],
      [{ list: [Symbol("s")] }, "value.list[0]"],
      [(async function* () {})(), "stream"],
      [new Blob(["x"]), "stream"],
      [deep(most + 1), "value"],
    ] as const
  ) {
    const error = assertThrows(() => writeMessage(value), DariError, part);
    assertEquals(error.code, "invalid_params");
  }
});
