/**
 * What callers send about topics, checked: it comes from the wire, or from programs without types.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { checkMessageText, checkQueueName, described } from "../queue/names.ts";
import { membersOf, whole } from "../queue/params.ts";
import { readCursor } from "./cursor.ts";
import { checkTopicName, topicOfName } from "./names.ts";
import type { NewTopicMessage, SubscribeOptions, TopicNackOptions } from "./operations.ts";

const MESSAGE = ["value", "topic", "id"];

/**
 * Refuses messages that cannot be published, their values aside.
 *
 * @param name The name that they are published by.
 * @param messages Any value.
 * @returns The messages.
 * @throws {DariError} `invalid_params`, naming what is wrong.
 *
 * @example
 * ```ts
 * import { checkTopicMessages } from "./params.ts";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => checkTopicMessages("orders", [{ value: 1, topic: "letters.1" }]));
 * ```
 */
export function checkTopicMessages(name: string, messages: unknown): readonly NewTopicMessage[] {
  const { maxMessageBatch: most } = limits;
  if (!Array.isArray(messages) || messages.length < 1 || messages.length > most) {
    throw new DariError("invalid_params", `"messages" must be a list of 1 to ${most} messages`);
  }
  const topic = topicOfName(checkTopicName(name));
  for (const message of messages) checkMessage(message, topic);
  return messages;
}

/** Where a subscription begins, once it was read. */
export type Beginning =
  | { readonly kind: "now" }
  | { readonly kind: "first" }
  | { readonly kind: "last" }
  | { readonly kind: "time"; readonly ms: number }
  | { readonly kind: "cursor"; readonly number: number };

/** What is subscribed to, checked. */
export interface CheckedSubscription
  extends Omit<SubscribeOptions, "from" | "last" | "prefetch" | "leaseMs" | "maxBehind"> {
  readonly beginning: Beginning;
  readonly prefetch: number;
  readonly leaseMs: number;
  readonly maxBehind: number;
}

const OPTIONS = [
  ...["from", "last", "group", "prefetch", "leaseMs", "whenSlow", "maxBehind"],
  ...["place", "endsInMs", "signal"],
];

/**
 * Refuses options of a subscription that cannot be used.
 *
 * @param topic The topic.
 * @param given Any value.
 * @returns What is asked for.
 * @throws {DariError} `invalid_params`, naming what is wrong.
 *
 * @example
 * ```ts
 * import { checkSubscribe } from "./params.ts";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(checkSubscribe("orders", { from: "orders:7" }).beginning, {
 *   kind: "cursor",
 *   number: 7,
 * });
 * assertThrows(() => checkSubscribe("orders", { group: "billing", last: true }));
 * ```
 */
export function checkSubscribe(topic: string, given: unknown): CheckedSubscription {
  const options = membersOf<SubscribeOptions>(given, OPTIONS, "a subscription");
  const { last, group, whenSlow, place, endsInMs, signal } = options;
  whole("endsInMs", endsInMs, 0, limits.maxCallTimeoutMs);
  whole("prefetch", options.prefetch, 1, limits.maxTopicPrefetch);
  whole("leaseMs", options.leaseMs, 1, limits.maxLeaseMs);
  whole("maxBehind", options.maxBehind, 1, limits.maxTopicBehind);
  if (last !== undefined && typeof last !== "boolean") {
    throw new DariError("invalid_params", `"last" must be true or false; got ${described(last)}`);
  }
  if (place !== undefined && typeof place !== "boolean") {
    throw new DariError("invalid_params", `"place" must be true or false; got ${described(place)}`);
  }
  if (whenSlow !== undefined && !["wait", "drop", "cut"].includes(whenSlow)) {
    throw new DariError(
      "invalid_params",
      `"whenSlow" must be wait, drop or cut; got ${described(whenSlow)}`,
    );
  }
  if (group === undefined) refuseOf(options, ["prefetch", "leaseMs"], "is for members of a group");
  else {
    checkGroupName(group);
    refuseOf(options, ["last", "whenSlow", "maxBehind", "place"], "is not for members of a group");
  }
  const { prefetch = limits.topicPrefetch, leaseMs = limits.leaseMs } = options;
  const { maxBehind = limits.topicBehind } = options;
  const beginning = beginningOf(topic, options);
  const asked = { group, whenSlow, place, endsInMs, signal, prefetch, leaseMs, maxBehind };
  return { ...asked, beginning };
}

/**
 * Refuses what cannot be the name of a group.
 *
 * @param name Any value.
 * @returns The name.
 * @throws {DariError} `invalid_params` where it is none.
 */
export function checkGroupName(name: unknown): string {
  try {
    return checkQueueName(name);
  } catch (cause) {
    throw new DariError(
      "invalid_params",
      `${
        described(name)
      } cannot be the name of a group: use 1 to ${limits.maxQueueNameLength} of ` +
        "A-Z a-z 0-9 _ -",
      { cause },
    );
  }
}

/** Refuses options of a nack that cannot be used. */
export function checkTopicNack(given: unknown): TopicNackOptions {
  const options = membersOf<TopicNackOptions>(given, ["delayMs", "dead"], "a nack");
  whole("delayMs", options.delayMs, 0, limits.maxLeaseMs);
  const { dead } = options;
  if (dead === undefined || typeof dead === "boolean") return options;
  throw new DariError("invalid_params", `"dead" must be true or false; got ${described(dead)}`);
}

function checkMessage(given: unknown, of: string): void {
  if (typeof given !== "object" || given === null || !("value" in given)) {
    throw new DariError("invalid_params", 'A message is an object with a "value"');
  }
  const { topic, id } = membersOf<NewTopicMessage>(given, MESSAGE, "a message");
  if (id !== undefined) checkMessageText(id, "id");
  if (topic === undefined || topicOfName(checkTopicName(topic)) === of) return;
  throw new DariError(
    "invalid_params",
    `Messages of one batch are of one topic; ${described(topic)} is not of "${of}"`,
  );
}

function refuseOf(
  options: SubscribeOptions,
  names: readonly (keyof SubscribeOptions)[],
  reason: string,
): void {
  const found = names.find((name) => options[name] !== undefined && options[name] !== false);
  if (found !== undefined) throw new DariError("invalid_params", `"${found}" ${reason}`);
}

function beginningOf(topic: string, { from, last }: SubscribeOptions): Beginning {
  // A reader that comes back has a cursor, and had the last messages before.
  if (from === undefined) return { kind: last === true ? "last" : "now" };
  if (from === "first") return { kind: "first" };
  if (typeof from === "number") {
    whole("from", from, 0, Number.MAX_SAFE_INTEGER);
    return { kind: "time", ms: from };
  }
  return { kind: "cursor", number: readCursor(from, topic) };
}
