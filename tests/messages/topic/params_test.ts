import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import {
  checkGroupName,
  checkSubscribe,
  checkTopicMessages,
  checkTopicNack,
} from "../../../lib/messages/topic/params.ts";

Deno.test("messages of a batch are of one topic, with ids of their own", () => {
  const messages = [{ value: 1 }, { value: 2, topic: "orders.1.paid", id: "a" }];
  assertEquals(checkTopicMessages("orders", messages), messages);
  const bad: [unknown, string][] = [
    ["text", "must be a list"],
    [[], "must be a list"],
    [Array(limits.maxMessageBatch + 1).fill({ value: 1 }), "must be a list"],
    [[1], 'with a "value"'],
    [[{}], 'with a "value"'],
    [[{ value: 1, id: "" }], '"id"'],
    [[{ value: 1, id: "a\0" }], '"id"'],
    [[{ value: 1, topic: "letters.1" }], "of one topic"],
    [[{ value: 1, topic: "orders.*" }], "is a pattern"],
    [[{ value: 1, topic: "orders..1" }], "name of a topic"],
    [[{ value: 1, delayMs: 5 }], "a message has no"],
  ];
  for (const [given, message] of bad) {
    assertThrows(() => checkTopicMessages("orders", given), DariError, message);
  }
  assertThrows(() => checkTopicMessages("orders.*", messages), DariError, "is a pattern");
});

Deno.test("a subscription begins now, at the first, at a time, at last messages or behind a cursor", () => {
  const beginning = (options?: object) => checkSubscribe("orders", options).beginning;
  assertEquals(beginning(), { kind: "now" });
  assertEquals(beginning({ last: false }), { kind: "now" });
  assertEquals(beginning({ last: true }), { kind: "last" });
  assertEquals(beginning({ from: "first" }), { kind: "first" });
  assertEquals(beginning({ from: 5 }), { kind: "time", ms: 5 });
  assertEquals(beginning({ from: "orders:5", last: true }), { kind: "cursor", number: 5 });
});

Deno.test("topicPrefetch and topicBehind are what is not said; maxTopicPrefetch and maxTopicBehind the most", () => {
  const { prefetch, maxBehind } = checkSubscribe("orders", {});
  assertEquals([prefetch, maxBehind], [limits.topicPrefetch, limits.topicBehind]);
  const { maxTopicPrefetch, maxTopicBehind } = limits;
  const most = checkSubscribe("orders", { group: "a", prefetch: maxTopicPrefetch });
  assertEquals(most.prefetch, maxTopicPrefetch);
  assertEquals(checkSubscribe("orders", { maxBehind: maxTopicBehind }).maxBehind, maxTopicBehind);
  const bad: [object, string][] = [
    [{ group: "a", prefetch: maxTopicPrefetch + 1 }, '"prefetch"'],
    [{ maxBehind: maxTopicBehind + 1 }, '"maxBehind"'],
    [{ from: -1 }, '"from"'],
    [{ from: NaN }, '"from"'],
    [{ from: 1e308 }, '"from"'],
    [{ from: "yesterday" }, "is no cursor"],
    [{ from: "letters:5" }, "of another topic"],
    [{ last: 1 }, '"last"'],
    [{ endsInMs: -1 }, '"endsInMs"'],
    [{ whenSlow: "sleep" }, "wait, drop or cut"],
    [{ group: "a.b" }, "name of a group"],
    [{ group: "" }, "name of a group"],
    [{ group: "a", last: true }, '"last" is not for members'],
    [{ group: "a", whenSlow: "drop" }, '"whenSlow" is not for members'],
    [{ prefetch: 5 }, '"prefetch" is for members'],
    [{ leaseMs: 5 }, '"leaseMs" is for members'],
    [{ group: "a", leaseMs: 0 }, '"leaseMs"'],
    [{ colour: 1 }, "has no"],
  ];
  for (const [options, message] of bad) {
    assertThrows(() => checkSubscribe("orders", options), DariError, message);
  }
});

Deno.test("names of groups and answers are checked", () => {
  assertEquals(checkGroupName("billing"), "billing");
  assertThrows(() => checkGroupName("a".repeat(1024 * 1024)), DariError, "name of a group");
  assertEquals(checkTopicNack({ delayMs: 0, dead: true }), { delayMs: 0, dead: true });
  assertThrows(() => checkTopicNack({ delayMs: -1 }), DariError, '"delayMs"');
  assertThrows(() => checkTopicNack({ dead: 1 }), DariError, '"dead"');
  assertThrows(() => checkTopicNack({ reason: "no" }), DariError, "has no");
});
