import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { readCursor, writeCursor } from "../../../lib/messages/topic/cursor.ts";

Deno.test("a cursor names its topic, and is refused by another one", () => {
  assertEquals(readCursor(writeCursor("orders", 7), "orders"), 7);
  assertEquals(readCursor("orders:0", "orders"), 0);
  assertThrows(() => readCursor("orders:7", "letters"), DariError, "of another topic");
});

Deno.test("what a message never had is no cursor", () => {
  for (
    const text of [
      ...["", "orders", "orders:", ":7", "orders:-1", "orders:1.5", "orders:07", "orders:1e3"],
      ...[
        "orders:9999999999999999",
        "orders:7\0",
        "or.ders:7",
        7,
        null,
        {},
        "x".repeat(1024 * 1024),
      ],
    ]
  ) {
    const error = assertThrows(() => readCursor(text, "orders"), DariError, "is no cursor");
    assertEquals(error.code, "invalid_params");
  }
});
