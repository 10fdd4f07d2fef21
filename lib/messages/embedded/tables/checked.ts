/**
 * Messages as they are stored, of what callers send.
 *
 * @module
 */

import { writeMessage } from "../../queue/message_value.ts";
import { checkMessages } from "../../queue/params.ts";
import type { CheckedMessage } from "./put.ts";

/**
 * Checks and writes messages.
 *
 * @param messages Any value.
 * @returns The messages.
 * @throws {DariError} `invalid_params`, `resource_exhausted` for one that cannot be put.
 */
export function checkedMessages(messages: unknown): CheckedMessage[] {
  return checkMessages(messages).map(({ value, id, key, priority, delayMs }) => ({
    ...writeMessage(value),
    id: id ?? null,
    key: key ?? null,
    priority: priority ?? 0,
    delayMs: delayMs ?? 0,
  }));
}
