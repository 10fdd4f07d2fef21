import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { checkTopicSettings, defaultTopicSettings } from "../../../lib/messages/topic/settings.ts";

Deno.test("topicMessages, topicBytes and topicAgeMs are kept unless a topic is set otherwise", () => {
  const { kept, maxMessages, maxBytes, maxAgeMs } = defaultTopicSettings;
  assertEquals(
    [kept, maxMessages, maxBytes, maxAgeMs],
    [true, limits.topicMessages, limits.topicBytes, limits.topicAgeMs],
  );
  assertEquals(checkTopicSettings({ ...defaultTopicSettings }), defaultTopicSettings);
  assertEquals(checkTopicSettings({ maxAgeMs: null, kept: false }).maxAgeMs, null);
});

Deno.test("settings that mean nothing are refused with their name", () => {
  const bad: [unknown, string][] = [
    [null, "are an object"],
    [[], "are an object"],
    [{ maxMessages: 0 }, '"maxMessages"'],
    [{ maxMessages: undefined }, '"maxMessages"'],
    [{ maxBytes: NaN }, '"maxBytes"'],
    [{ maxAgeMs: limits.maxMessageAgeMs + 1 }, '"maxAgeMs"'],
    [{ idMs: -1 }, '"idMs"'],
    [{ maxTries: 1e308 }, '"maxTries"'],
    [{ kept: "no" }, '"kept"'],
    [{ constructor: 1 }, "no setting"],
    [{ colour: 1 }, "it has kept, maxMessages"],
  ];
  for (const [settings, message] of bad) {
    assertThrows(() => checkTopicSettings(settings), DariError, message);
  }
  assertEquals(checkTopicSettings({ maxAgeMs: limits.maxMessageAgeMs }), {
    maxAgeMs: limits.maxMessageAgeMs,
  });
});
