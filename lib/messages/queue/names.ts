/**
 * Names of queues, and of the rights on them.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";

/**
 * What somebody may do with a queue. A policy names it `queue:NAME.put`; `show` and `manage` are
 * administrative, as methods can be.
 */
export type QueueRight = "put" | "take" | "show" | "manage";

const NAME = new RegExp(`^[A-Za-z0-9_-]{1,${limits.maxQueueNameLength}}$`);

/**
 * Refuses what cannot be the name of a queue.
 *
 * @param name Any value.
 * @returns The name.
 * @throws {DariError} `invalid_params` where it is none.
 *
 * @example
 * ```ts
 * import { checkQueueName } from "./names.ts";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(checkQueueName("emails"), "emails");
 * assertThrows(() => checkQueueName("../emails"));
 * ```
 */
export function checkQueueName(name: unknown): string {
  if (typeof name === "string" && NAME.test(name)) return name;
  throw new DariError(
    "invalid_params",
    `${described(name)} cannot be the name of a queue: use 1 to ${limits.maxQueueNameLength} of ` +
      "A-Z a-z 0-9 _ -",
  );
}

/**
 * The name of a right, as a policy has it.
 *
 * @param queue The name of the queue.
 * @param right What is done with it.
 *
 * @example
 * ```ts
 * import { queueRight } from "@dari/dari/messages";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(queueRight("emails", "put"), "queue:emails.put");
 * ```
 */
export function queueRight(queue: string, right: QueueRight): string {
  return `queue:${queue}.${right}`;
}

/**
 * Whether only administrators have a right, and those whose rules name it.
 *
 * @param right The right.
 *
 * @example
 * ```ts
 * import { isAdministrativeRight } from "@dari/dari/messages";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(isAdministrativeRight("manage"), true);
 * ```
 */
export function isAdministrativeRight(right: QueueRight): boolean {
  return right === "show" || right === "manage";
}

/**
 * Refuses what cannot be the id or the key of a message.
 *
 * @param text Any value.
 * @param name What it is: `id` or `key`.
 * @returns The text.
 * @throws {DariError} `invalid_params` where it cannot be one.
 */
export function checkMessageText(text: unknown, name: "id" | "key"): string {
  const most = limits.maxMessageIdLength;
  // SQLite cuts text at U+0000.
  const fits = typeof text === "string" && text.length >= 1 && text.length <= most &&
    // deno-lint-ignore no-control-regex
    !/[\x00-\x1f\x7f]/.test(text) && text.isWellFormed();
  if (fits) return text;
  throw new DariError(
    "invalid_params",
    `"${name}" must be a text of 1 to ${most} characters without control characters; got ` +
      described(text),
  );
}

/**
 * Says what a value is, in a message.
 *
 * @param value Any value.
 * @returns A few characters.
 */
export function described(value: unknown): string {
  if (typeof value === "string") {
    const shown = JSON.stringify(value.slice(0, limits.shownNameLength));
    return value.length > limits.shownNameLength
      ? `${shown} … (${value.length} characters)`
      : shown;
  }
  return typeof value === "number" || typeof value === "boolean" || value === null
    ? String(value)
    : `a value of type ${Array.isArray(value) ? "array" : typeof value}`;
}
