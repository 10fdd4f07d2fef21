/**
 * Names of topics, patterns of them, and the rights on them.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { described } from "../queue/names.ts";

/**
 * What somebody may do with a topic. A policy names it `topic:NAME.publish`; `show` and `manage` are
 * administrative, as methods can be.
 */
export type TopicRight = "publish" | "subscribe" | "show" | "manage";

/** One part of a name. */
const PART = /^[A-Za-z0-9_-]+$/;

/**
 * Refuses what cannot be the name that a message is published by: the name of a topic, and further
 * parts behind points: `orders.42.paid`.
 *
 * @param name Any value.
 * @returns The name.
 * @throws {DariError} `invalid_params` where it is none, also for a pattern.
 *
 * @example
 * ```ts
 * import { checkTopicName } from "./names.ts";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(checkTopicName("orders.42.paid"), "orders.42.paid");
 * assertThrows(() => checkTopicName("orders..paid"));
 * assertThrows(() => checkTopicName("orders.*"));
 * ```
 */
export function checkTopicName(name: unknown): string {
  if (isPattern(name)) {
    throw new DariError(
      "invalid_params",
      `${described(name)} is a pattern: a message is published by one name, without * and >`,
    );
  }
  return checkTopicPattern(name);
}

/**
 * Refuses what cannot be a pattern of names. `*` stands for one part, `>` at the end for one or more.
 *
 * @param pattern Any value.
 * @returns The pattern.
 * @throws {DariError} `invalid_params` where it is none.
 *
 * @example
 * ```ts
 * import { checkTopicPattern } from "./names.ts";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(checkTopicPattern("orders.*.paid"), "orders.*.paid");
 * assertThrows(() => checkTopicPattern("*.paid"));
 * assertThrows(() => checkTopicPattern("orders.>.paid"));
 * ```
 */
export function checkTopicPattern(pattern: unknown): string {
  const { maxTopicNameLength: length, maxTopicParts: count } = limits;
  if (typeof pattern === "string" && pattern.length <= length) {
    const parts = pattern.split(".");
    if (parts.length <= count && parts.every((part, at) => isPart(part, at, parts.length))) {
      return pattern;
    }
  }
  throw new DariError(
    "invalid_params",
    `${
      described(pattern)
    } cannot be the name of a topic: use up to ${length} characters, in 1 to ` +
      `${count} parts of A-Z a-z 0-9 _ - with points between them; in a pattern, a part behind the ` +
      "first may be *, and the last one >",
  );
}

/** Whether a name is a pattern, which may mean more than one name. */
export function isPattern(name: unknown): boolean {
  return typeof name === "string" && /[*>]/.test(name);
}

/**
 * The topic that a name or a pattern belongs to: its first part.
 *
 * @param name A name or a pattern.
 */
export function topicOfName(name: string): string {
  const at = name.indexOf(".");
  return at < 0 ? name : name.slice(0, at);
}

/**
 * How all names begin that fit a pattern.
 *
 * @param pattern The pattern, checked.
 */
export function beginningOfNames(pattern: string): string {
  const at = pattern.search(/[*>]/);
  return at < 0 ? pattern : pattern.slice(0, at);
}

/**
 * Makes what tells whether a name fits a pattern.
 *
 * @param pattern The pattern, checked.
 * @returns Whether a name fits.
 *
 * @example
 * ```ts
 * import { topicMatcher } from "./names.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const fits = topicMatcher("orders.*.paid");
 * assertEquals([fits("orders.42.paid"), fits("orders.42.sent"), fits("orders.paid")], [
 *   true,
 *   false,
 *   false,
 * ]);
 * ```
 */
export function topicMatcher(pattern: string): (name: string) => boolean {
  if (!isPattern(pattern)) return (name) => name === pattern;
  const parts = pattern.split(".");
  const isOpen = parts.at(-1) === ">";
  if (isOpen) parts.pop();
  // A name has no other characters than those of a part and points, so nothing needs escaping.
  const begin = parts.map((part) => part === "*" ? "[^.]+" : part).join("\\.");
  const form = new RegExp(isOpen ? `^${begin}\\.` : `^${begin}$`);
  return (name) => form.test(name);
}

/**
 * The name of a right, as a policy has it. A right is on a whole topic: `orders` has the messages of
 * `orders.42.paid`.
 *
 * @param name The name of a topic, or a name or pattern below it.
 * @param right What is done with it.
 *
 * @example
 * ```ts
 * import { topicRight } from "@dari/dari/messages";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(topicRight("orders.*.paid", "subscribe"), "topic:orders.subscribe");
 * ```
 */
export function topicRight(name: string, right: TopicRight): string {
  return `topic:${topicOfName(name)}.${right}`;
}

/**
 * Whether only administrators have a right, and those whose rules name it.
 *
 * @param right The right.
 *
 * @example
 * ```ts
 * import { isAdministrativeTopicRight } from "@dari/dari/messages";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(isAdministrativeTopicRight("subscribe"), false);
 * ```
 */
export function isAdministrativeTopicRight(right: TopicRight): boolean {
  return right === "show" || right === "manage";
}

function isPart(part: string, at: number, count: number): boolean {
  if (PART.test(part)) return true;
  return at > 0 && (part === "*" || (part === ">" && at === count - 1));
}
