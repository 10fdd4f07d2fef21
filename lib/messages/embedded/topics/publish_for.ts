/**
 * Publishing from a handler, with what it writes to the store.
 *
 * @module
 */

import type { ContextPublishOptions, ContextReceipt } from "../../../rpc/method/publishing.ts";
import type { EmbeddedParts } from "../parts.ts";
import { CallerTopics } from "./caller_topics.ts";

/**
 * Publishes a message, and writes to the store in the same transaction.
 *
 * @param parts The store.
 * @param by The name of the publisher.
 * @param topic The name that it is published by.
 * @param value What it says.
 * @param options An id, and what is written.
 * @returns Its place, once it is on disk.
 * @throws What `write` throws; then nothing was published.
 */
export async function publishFor(
  parts: EmbeddedParts,
  by: string,
  topic: string,
  value: unknown,
  { id, write }: ContextPublishOptions = {},
): Promise<ContextReceipt> {
  const message = { value, ...(id !== undefined && { id }) };
  if (write === undefined) {
    const topics = new CallerTopics({ ...parts, caller: by, check: undefined });
    return (await topics.publish(topic, [message]))[0]!;
  }
  return await parts.writer.transact(by, (writing) => {
    const receipt = writing.publish(topic, message);
    if (receipt.isDuplicate) return receipt;
    const result = write(writing);
    // The caller refuses a promise.
    return result instanceof Promise ? result as unknown as ContextReceipt : receipt;
  });
}
