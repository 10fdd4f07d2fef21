import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import {
  checkLeaseMs,
  checkMessages,
  checkNack,
  checkNumbers,
  checkPage,
  checkPurge,
  checkTake,
} from "../../../lib/messages/queue/params.ts";

const NO_NUMBERS = [-1, NaN, 1e308, Infinity, 0.5, "5", null, true];

Deno.test("checkMessages() takes 1 to maxMessageBatch messages", () => {
  const all = Array.from({ length: limits.maxMessageBatch }, (_, value) => ({ value }));
  assertEquals(checkMessages(all).length, limits.maxMessageBatch);
  for (const wrong of [[], [...all, { value: 1 }], "x", null, [7], [null], [{}], [{ vlaue: 1 }]]) {
    assertThrows(() => checkMessages(wrong), DariError);
  }
  assertThrows(() => checkMessages([{ value: 1, dealyMs: 5 }]), DariError, '"dealyMs"');
});

Deno.test("checkMessages() refuses delays and priorities that are no numbers in range", () => {
  const value = 1;
  checkMessages([{
    value,
    delayMs: limits.maxMessageDelayMs,
    priority: limits.maxMessagePriority,
  }]);
  for (const wrong of [...NO_NUMBERS, limits.maxMessageDelayMs + 1]) {
    assertThrows(() => checkMessages([{ value, delayMs: wrong }]), DariError, '"delayMs" must be');
  }
  for (const wrong of [...NO_NUMBERS, limits.maxMessagePriority + 1]) {
    assertThrows(() => checkMessages([{ value, priority: wrong }]), DariError, '"priority"');
  }
});

Deno.test("checkTake(), checkNack() and checkLeaseMs() refuse what is out of range", () => {
  const { maxMessageBatch: max, maxLeaseMs, maxCallTimeoutMs: waitMs } = limits;
  assertEquals(checkTake({ max, leaseMs: maxLeaseMs, waitMs }).max, max);
  for (const wrong of NO_NUMBERS) {
    for (const name of ["max", "leaseMs", "waitMs"]) {
      assertThrows(() => checkTake({ [name]: wrong }), DariError, `"${name}" must be`);
    }
    assertThrows(() => checkNack({ delayMs: wrong }), DariError, '"delayMs" must be');
    assertThrows(() => checkLeaseMs(wrong), DariError, '"leaseMs" must be');
  }
  assertThrows(() => checkTake({ max: max + 1 }), DariError);
  assertThrows(() => checkTake({ leaseMs: maxLeaseMs + 1 }), DariError);
  assertThrows(() => checkTake({ waitMs: waitMs + 1 }), DariError);
  assertThrows(() => checkTake({ timeout: 5 }), DariError, '"timeout"');
  assertThrows(() => checkNack({ dead: 1 }), DariError, "true or false");
  assertThrows(() => checkNack({ reason: 7 }), DariError, "text");
});

Deno.test("checkNack() keeps maxMessageReasonLength characters of a reason", () => {
  const most = limits.maxMessageReasonLength;
  assertEquals(checkNack({ reason: "r".repeat(most + 1) }).reason?.length, most);
  assertEquals(checkNack({ reason: "a\0b" }).reason, "ab");
});

Deno.test("checkPage(), checkPurge() and checkNumbers() refuse what is out of range", () => {
  assertEquals(checkPage(undefined), { after: 0, limit: limits.deadLetterPage });
  assertThrows(() => checkPage({ limit: limits.maxMessageBatch + 1 }), DariError);
  assertThrows(() => checkPage({ after: -1 }), DariError);
  assertThrows(() => checkPurge({ dead: "yes" }), DariError);
  assertEquals(checkNumbers([3, 3, 4]), [3, 4]);
  for (const wrong of [[], [0], ["3"], 3, Array(limits.maxMessageBatch + 1).fill(1)]) {
    assertThrows(() => checkNumbers(wrong), DariError);
  }
});
