import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { checkLogLength, isSnapshotDue } from "../../../lib/cluster/messages/log_length.ts";

Deno.test("a snapshot is due once the log costs messageSnapshotBytes and what the tables take", () => {
  const due = (bytes: number, messages: number, fileBytes: number) =>
    isSnapshotDue({ bytes, messages, uncovered: 0 }, fileBytes);
  const { messageSnapshotBytes, messageLogOverheadBytes } = limits;
  assertEquals(due(messageSnapshotBytes - 1, 0, 0), false);
  assertEquals(due(messageSnapshotBytes, 0, 0), true);
  assertEquals(due(messageSnapshotBytes, 0, messageSnapshotBytes + 1), false);
  assertEquals(due(0, messageSnapshotBytes / messageLogOverheadBytes, 0), true);
});

Deno.test("what no snapshot covers is maxMessageLogBytes at most, or four times the tables", () => {
  const check = (uncovered: number, fileBytes = 0) =>
    checkLogLength({ uncovered, bytes: 0, messages: 0 }, () => fileBytes);
  const { maxMessageLogBytes } = limits;
  check(maxMessageLogBytes);
  const error = assertThrows(() => check(maxMessageLogBytes + 1), DariError, "grown too long");
  assertEquals(error.code, "resource_exhausted");
  check(4 * maxMessageLogBytes, maxMessageLogBytes);
});
