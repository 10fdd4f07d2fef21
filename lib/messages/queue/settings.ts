/**
 * What a queue can be set to.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { described } from "./names.ts";

/** How many messages may be taken in a time. */
export interface QueueRate {
  /** How many; so many may be taken at once where none was taken before. */
  readonly count: number;
  /** The time, in milliseconds. */
  readonly perMs: number;
}

/** How a queue works. */
export interface QueueSettings {
  /** How long a taken message belongs to the taker, in milliseconds. @default {30_000} */
  readonly leaseMs: number;
  /** How often a message is tried before it is a dead letter. @default {5} */
  readonly maxTries: number;
  /** The pause after the first try that failed, in milliseconds; it doubles with each. @default {1_000} */
  readonly backoffMs: number;
  /** The longest pause between two tries, in milliseconds. @default {3_600_000} */
  readonly maxBackoffMs: number;
  /** How many messages may be at work at once; `null` for any number. @default {null} */
  readonly concurrency: number | null;
  /** How many messages of one key may be at work at once. @default {1} */
  readonly keyConcurrency: number;
  /** How many messages may be taken in a time; `null` for any number. @default {null} */
  readonly rate: QueueRate | null;
  /**
   * How many messages of one key may be taken in a time, evenly spread; `null` for any number.
   *
   * @default {null}
   */
  readonly keyRate: QueueRate | null;
  /**
   * A message that has waited for so long is a dead letter, in milliseconds; `null` for no limit.
   *
   * @default {null}
   */
  readonly maxAgeMs: number | null;
  /** How many bytes may wait; a put beyond that is refused. @default {1_073_741_824} */
  readonly maxBytes: number;
  /** How long dead letters are kept, in milliseconds. @default {1_209_600_000} */
  readonly deadAgeMs: number;
  /** How many bytes of dead letters are kept; the oldest go first. @default {268_435_456} */
  readonly maxDeadBytes: number;
  /** How long an id is remembered after its message is done, in milliseconds. @default {600_000} */
  readonly idMs: number;
}

/** The settings of a queue that nobody has set. */
export const defaultSettings: QueueSettings = {
  leaseMs: limits.leaseMs,
  maxTries: limits.maxTries,
  backoffMs: limits.queueBackoffMs,
  maxBackoffMs: limits.maxQueueBackoffMs,
  concurrency: null,
  keyConcurrency: 1,
  rate: null,
  keyRate: null,
  maxAgeMs: null,
  maxBytes: limits.maxQueueBytes,
  deadAgeMs: limits.deadLetterAgeMs,
  maxDeadBytes: limits.maxDeadBytes,
  idMs: limits.messageIdMs,
};

/** The range of a setting that is a whole number, and whether it may be `null`. */
type Range = readonly [least: number, most: number, isOptional?: true];

const ranges: Readonly<Record<Exclude<keyof QueueSettings, "rate" | "keyRate">, Range>> = {
  leaseMs: [1, limits.maxLeaseMs],
  maxTries: [1, limits.maxQueueSetting],
  backoffMs: [0, limits.maxLeaseMs],
  maxBackoffMs: [0, limits.maxLeaseMs],
  concurrency: [1, limits.maxQueueSetting, true],
  keyConcurrency: [1, limits.maxQueueSetting],
  maxAgeMs: [1, limits.maxMessageAgeMs, true],
  maxBytes: [1, Number.MAX_SAFE_INTEGER],
  deadAgeMs: [1, limits.maxMessageAgeMs],
  maxDeadBytes: [1, Number.MAX_SAFE_INTEGER],
  idMs: [0, limits.maxMessageAgeMs],
};

/**
 * Refuses settings that cannot be used.
 *
 * @param given Any value.
 * @returns The settings that are given.
 * @throws {DariError} `invalid_params`, naming the setting that is wrong.
 *
 * @example
 * ```ts
 * import { checkSettings } from "./settings.ts";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(checkSettings({ maxTries: 3 }), { maxTries: 3 });
 * assertThrows(() => checkSettings({ maxTries: 0 }));
 * ```
 */
export function checkSettings(given: unknown): Partial<QueueSettings> {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new DariError("invalid_params", "The settings of a queue are an object: { maxTries: 3 }");
  }
  for (const [name, value] of Object.entries(given)) {
    if (name === "rate" || name === "keyRate") checkRate(name, value);
    else if (!Object.hasOwn(ranges, name)) {
      const known = Object.keys(defaultSettings).join(", ");
      throw new DariError(
        "invalid_params",
        `A queue has no setting ${described(name)}; it has ${known}`,
      );
    } else checkRange(name, value, ranges[name as keyof typeof ranges]);
  }
  return given as Partial<QueueSettings>;
}

/**
 * How long a message waits after a try that failed: the pause doubles with each try, and half of it
 * is left to chance, so that messages that failed together do not come back together.
 *
 * @param settings The settings of its queue.
 * @param tries How often it was tried.
 * @param random A number from 0 to 1.
 * @returns Milliseconds.
 */
export function backoffOf(
  { backoffMs, maxBackoffMs }: Pick<QueueSettings, "backoffMs" | "maxBackoffMs">,
  tries: number,
  random: number,
): number {
  const whole = Math.min(backoffMs * 2 ** (tries - 1), maxBackoffMs);
  return Math.round(whole * (1 + random) / 2);
}

function checkRange(name: string, value: unknown, [least, most, isOptional]: Range): void {
  if (value === null && isOptional) return;
  if (Number.isInteger(value) && Number(value) >= least && Number(value) <= most) return;
  throw new DariError(
    "invalid_params",
    `"${name}" must be a whole number from ${least} to ${most}${
      isOptional ? ", or null" : ""
    }; got ` +
      described(value),
  );
}

function checkRate(name: string, value: unknown): void {
  if (value === null) return;
  if (typeof value !== "object" || Object.keys(value).sort().join() !== "count,perMs") {
    throw new DariError(
      "invalid_params",
      `"${name}" must be null or an object such as { "count": 10, "perMs": 1000 }`,
    );
  }
  const { count, perMs } = value as Record<string, unknown>;
  checkRange(`${name}.count`, count, [1, limits.maxQueueSetting]);
  checkRange(`${name}.perMs`, perMs, [1, limits.maxMessageAgeMs]);
}
