import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import {
  beginningOfNames,
  checkTopicName,
  checkTopicPattern,
  isAdministrativeTopicRight,
  topicMatcher,
  topicOfName,
  topicRight,
} from "../../../lib/messages/topic/names.ts";

Deno.test("names are parts with points between them, maxTopicNameLength long and maxTopicParts of them", () => {
  const long = `orders.${"a".repeat(limits.maxTopicNameLength - 7)}`;
  const many = Array(limits.maxTopicParts).fill("a").join(".");
  for (const name of ["orders", "orders.42.paid", "A-b_9", long, many]) {
    assertEquals(checkTopicName(name), name);
  }
  const bad = [
    ...["", ".", "orders.", ".orders", "orders..paid", "../orders", "or ders", "örders", "a/b"],
    ...["orders\0", "orders\n", `${long}a`, `${many}.a`, "a".repeat(1024 * 1024)],
    ...[7, null, undefined, {}, ["orders"]],
  ];
  for (const name of bad) {
    const error = assertThrows(() => checkTopicName(name), DariError, "name of a topic");
    assertEquals(error.code, "invalid_params");
    assertEquals(error.message.length < 400, true);
  }
});

Deno.test("wildcards stand behind the topic, > at the end alone, and nothing is published by one", () => {
  for (const pattern of ["orders.*", "orders.*.paid", "orders.>", "orders.*.*.>", "orders"]) {
    assertEquals(checkTopicPattern(pattern), pattern);
  }
  for (const pattern of ["*", ">", "*.paid", "orders.>.paid", "orders.a*", "orders.>>", "**"]) {
    assertThrows(() => checkTopicPattern(pattern), DariError, "name of a topic");
  }
  assertThrows(() => checkTopicName("orders.*"), DariError, "is a pattern");
  assertThrows(() => checkTopicName("orders.>"), DariError, "is a pattern");
});

Deno.test("* stands for one part, > for one or more", () => {
  const cases: [string, string, boolean][] = [
    ["orders", "orders", true],
    ["orders", "orders.1", false],
    ["orders.*", "orders.1", true],
    ["orders.*", "orders", false],
    ["orders.*", "orders.1.paid", false],
    ["orders.*.paid", "orders.1.paid", true],
    ["orders.*.paid", "orders.1.2.paid", false],
    ["orders.>", "orders.1", true],
    ["orders.>", "orders.1.paid", true],
    ["orders.>", "orders", false],
    ["orders.>", "ordersx.1", false],
    ["orders.*.>", "orders.1", false],
    ["orders.*.>", "orders.1.paid.late", true],
    ["a-b.*", "aXb.1", false],
  ];
  for (const [pattern, name, fits] of cases) {
    assertEquals(topicMatcher(pattern)(name), fits, `${pattern} ${name}`);
  }
});

Deno.test("names that fit begin as their pattern does, up to its first wildcard", () => {
  const patterns = ["orders", "orders.*.paid", "orders.>", "orders.1.*"];
  assertEquals(patterns.map(beginningOfNames), ["orders", "orders.", "orders.", "orders.1."]);
});

Deno.test("a right is one on the whole topic, and show and manage are administrative", () => {
  assertEquals(topicOfName("orders.1.paid"), "orders");
  assertEquals(topicRight("orders.1.paid", "publish"), "topic:orders.publish");
  assertEquals(topicRight("orders", "manage"), "topic:orders.manage");
  const rights = (["publish", "subscribe", "show", "manage"] as const).map((right) =>
    isAdministrativeTopicRight(right)
  );
  assertEquals(rights, [false, false, true, true]);
});
