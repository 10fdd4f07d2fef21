/**
 * What callers send, checked: it comes from the wire, or from programs without types.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { checkMessageText, described } from "./names.ts";
import type {
  DeadLetterPage,
  NackOptions,
  NewMessage,
  PurgeOptions,
  TakeOptions,
} from "./operations.ts";

/**
 * Refuses messages that cannot be put, their values aside.
 *
 * @param messages Any value.
 * @returns The messages.
 * @throws {DariError} `invalid_params`, naming what is wrong.
 *
 * @example
 * ```ts
 * import { checkMessages } from "./params.ts";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => checkMessages([{ value: 1, delayMs: -1 }]));
 * ```
 */
export function checkMessages(messages: unknown): readonly NewMessage[] {
  if (!Array.isArray(messages) || messages.length < 1 || messages.length > limits.maxMessageBatch) {
    throw new DariError(
      "invalid_params",
      `"messages" must be a list of 1 to ${limits.maxMessageBatch} messages`,
    );
  }
  for (const message of messages) checkMessage(message);
  return messages;
}

/** Refuses options of a take that cannot be used. */
export function checkTake(given: unknown): TakeOptions {
  const options = membersOf<TakeOptions>(given, ["max", "leaseMs", "waitMs", "signal"], "a take");
  whole("max", options.max, 1, limits.maxMessageBatch);
  whole("leaseMs", options.leaseMs, 1, limits.maxLeaseMs);
  whole("waitMs", options.waitMs, 0, limits.maxCallTimeoutMs);
  return options;
}

/** Refuses options of a nack that cannot be used. */
export function checkNack(given: unknown): NackOptions {
  const options = membersOf<NackOptions>(given, ["delayMs", "reason", "dead"], "a nack");
  whole("delayMs", options.delayMs, 0, limits.maxLeaseMs);
  flag("dead", options.dead);
  const { reason } = options;
  if (reason === undefined) return options;
  if (typeof reason !== "string") {
    throw new DariError("invalid_params", `"reason" must be a text; got ${described(reason)}`);
  }
  // SQLite cuts text at U+0000.
  const kept = reason.slice(0, limits.maxMessageReasonLength).replaceAll("\0", "").toWellFormed();
  return { ...options, reason: kept };
}

/** Refuses a length of a lease that cannot be used. */
export function checkLeaseMs(leaseMs: unknown): number | undefined {
  whole("leaseMs", leaseMs, 1, limits.maxLeaseMs);
  return leaseMs as number | undefined;
}

/** Refuses a page that cannot be listed. */
export function checkPage(
  given: unknown,
): { readonly after: number; readonly limit: number } {
  const page = membersOf<DeadLetterPage>(given, ["after", "limit"], "a page");
  whole("after", page.after, 0, Number.MAX_SAFE_INTEGER);
  whole("limit", page.limit, 1, limits.maxMessageBatch);
  return { after: page.after ?? 0, limit: page.limit ?? limits.deadLetterPage };
}

/** Refuses options of a purge that cannot be used. */
export function checkPurge(given: unknown): PurgeOptions {
  const options = membersOf<PurgeOptions>(given, ["dead"], "a purge");
  flag("dead", options.dead);
  return options;
}

/** Refuses what are no numbers of messages. */
export function checkNumbers(numbers: unknown): readonly number[] | undefined {
  if (numbers === undefined) return undefined;
  const { maxMessageBatch: most } = limits;
  if (!Array.isArray(numbers) || numbers.length < 1 || numbers.length > most) {
    throw new DariError("invalid_params", `"numbers" must be a list of 1 to ${most} numbers`);
  }
  for (const number of numbers) whole("numbers", number, 1, Number.MAX_SAFE_INTEGER);
  return [...new Set<number>(numbers)];
}

/**
 * Refuses what is no object, and members that nobody knows.
 *
 * @param given Any value; `undefined` stands for an empty object.
 * @param known The members that there may be.
 * @param what What it is, for the message.
 */
export function membersOf<T extends object>(
  given: unknown,
  known: readonly string[],
  what: string,
): T {
  if (given === undefined) return {} as T;
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new DariError("invalid_params", `${what} is described by an object`);
  }
  const stranger = Object.keys(given).find((name) => !known.includes(name));
  if (stranger === undefined) return given as T;
  throw new DariError(
    "invalid_params",
    `${what} has no ${described(stranger)}; it has ${known.join(", ")}`,
  );
}

const MESSAGE = ["value", "id", "key", "priority", "delayMs"];

function checkMessage(given: unknown): void {
  if (typeof given !== "object" || given === null || !("value" in given)) {
    throw new DariError("invalid_params", 'A message is an object with a "value"');
  }
  const { id, key, priority, delayMs } = membersOf<NewMessage>(given, MESSAGE, "a message");
  if (id !== undefined) checkMessageText(id, "id");
  if (key !== undefined) checkMessageText(key, "key");
  whole("priority", priority, 0, limits.maxMessagePriority);
  whole("delayMs", delayMs, 0, limits.maxMessageDelayMs);
}

/** Refuses what is no whole number of a range; `undefined` is left out. */
export function whole(name: string, value: unknown, least: number, most: number): void {
  if (value === undefined) return;
  if (Number.isInteger(value) && Number(value) >= least && Number(value) <= most) return;
  throw new DariError(
    "invalid_params",
    `"${name}" must be a whole number from ${least} to ${most}; got ${described(value)}`,
  );
}

function flag(name: string, value: unknown): void {
  if (value === undefined || typeof value === "boolean") return;
  throw new DariError(
    "invalid_params",
    `"${name}" must be true or false; got ${described(value)}`,
  );
}
