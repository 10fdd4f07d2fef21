/**
 * What a topic can be set to.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { described } from "../queue/names.ts";
import { whole } from "../queue/params.ts";

/** How a topic works. */
export interface TopicSettings {
  /**
   * Whether messages are kept on the disk: then they can be read again, and groups can share them.
   * Messages of a topic that keeps none go to those who subscribe at that moment, and nowhere else.
   *
   * @default {true}
   */
  readonly kept: boolean;
  /** How many messages are kept; the oldest go first. @default {1_000_000} */
  readonly maxMessages: number;
  /** How many bytes of messages are kept; the oldest go first. @default {268_435_456} */
  readonly maxBytes: number;
  /** How long messages are kept, in milliseconds; `null` for no limit. @default {604_800_000} */
  readonly maxAgeMs: number | null;
  /** How long an id is remembered after its message was published, in milliseconds. @default {600_000} */
  readonly idMs: number;
  /** How often a group is given a message before it is given up. @default {5} */
  readonly maxTries: number;
  /** The pause after the first try that failed, in milliseconds; it doubles with each. @default {1_000} */
  readonly backoffMs: number;
  /** The longest pause between two tries, in milliseconds. @default {3_600_000} */
  readonly maxBackoffMs: number;
}

/** The settings of a topic that nobody has set. */
export const defaultTopicSettings: TopicSettings = {
  kept: true,
  maxMessages: limits.topicMessages,
  maxBytes: limits.topicBytes,
  maxAgeMs: limits.topicAgeMs,
  idMs: limits.messageIdMs,
  maxTries: limits.maxTries,
  backoffMs: limits.queueBackoffMs,
  maxBackoffMs: limits.maxQueueBackoffMs,
};

/** The range of each setting that is a whole number. */
const ranges: Readonly<Record<Exclude<keyof TopicSettings, "kept">, [number, number]>> = {
  maxMessages: [1, Number.MAX_SAFE_INTEGER],
  maxBytes: [1, Number.MAX_SAFE_INTEGER],
  maxAgeMs: [1, limits.maxMessageAgeMs],
  idMs: [0, limits.maxMessageAgeMs],
  maxTries: [1, limits.maxQueueSetting],
  backoffMs: [0, limits.maxLeaseMs],
  maxBackoffMs: [0, limits.maxLeaseMs],
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
 * import { checkTopicSettings } from "./settings.ts";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(checkTopicSettings({ kept: false }), { kept: false });
 * assertThrows(() => checkTopicSettings({ maxMessages: 0 }));
 * ```
 */
export function checkTopicSettings(given: unknown): Partial<TopicSettings> {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new DariError(
      "invalid_params",
      "The settings of a topic are an object: { maxMessages: 1000 }",
    );
  }
  for (const [name, value] of Object.entries(given)) {
    if (name === "kept") checkKept(value);
    else if (!Object.hasOwn(ranges, name)) {
      const known = Object.keys(defaultTopicSettings).join(", ");
      throw new DariError(
        "invalid_params",
        `A topic has no setting ${described(name)}; it has ${known}`,
      );
    } else if (name !== "maxAgeMs" || value !== null) {
      // `undefined` is no value of a setting, and `whole` lets it pass.
      whole(name, value ?? null, ...ranges[name as keyof typeof ranges]);
    }
  }
  return given as Partial<TopicSettings>;
}

function checkKept(value: unknown): void {
  if (typeof value === "boolean") return;
  throw new DariError("invalid_params", `"kept" must be true or false; got ${described(value)}`);
}
