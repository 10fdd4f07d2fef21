/**
 * The topics of the store as one caller uses them.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { limits } from "../../../base/limits.ts";
import type { EmbeddedParts } from "../parts.ts";
import { recordChange } from "../record_change.ts";
import { checkLease } from "../tables/answers.ts";
import { mustFind, topicState, topicStates } from "../topic_tables/manage.ts";
import {
  type CheckedTopicMessage,
  checkedTopicMessages,
  refuseWhatCannotBeKept,
  rowOf,
} from "../topic_tables/publish.ts";
import { findTopicRow } from "../topic_tables/rows.ts";
import type { NackResult } from "../../queue/operations.ts";
import { checkLeaseMs } from "../../queue/params.ts";
import { checkTopicName, checkTopicPattern, topicOfName } from "../../topic/names.ts";
import type {
  NewTopicMessage,
  PublishReceipt,
  SubscribeOptions,
  TopicFeed,
  TopicNackOptions,
  TopicOperations,
  TopicState,
} from "../../topic/operations.ts";
import {
  type Beginning,
  checkGroupName,
  checkSubscribe,
  checkTopicNack,
} from "../../topic/params.ts";
import { checkTopicSettings, type TopicSettings } from "../../topic/settings.ts";
import { GroupFeed } from "./group_feed.ts";
import { Subscription } from "./subscription.ts";

/** What {@linkcode CallerTopics} work with. */
export interface CallerTopicsParts extends EmbeddedParts {
  /** The name of the caller. */
  readonly caller: string;
  /** Throws once the caller may not read a topic any more. */
  readonly check: ((topic: string) => void) | undefined;
}

/** What one caller can do with the topics of a store. */
export class CallerTopics implements TopicOperations {
  readonly #parts: CallerTopicsParts;

  /** @param parts The store, and who calls. */
  constructor(parts: CallerTopicsParts) {
    this.#parts = parts;
  }

  async publish(topic: string, messages: readonly NewTopicMessage[]): Promise<PublishReceipt[]> {
    const checked = checkedTopicMessages(checkTopicName(topic), messages);
    const { writer, hub, caller } = this.#parts;
    if (hub.isLive(topicOfName(topic)) && await this.#publishLive(checked)) {
      return checked.map(() => ({ isDuplicate: false }));
    }
    const bytes = checked.reduce((sum, { bytes }) => sum + bytes, 0);
    return await writer.write("topic.publish", caller, { messages: checked }, bytes);
  }

  subscribe(pattern: string, options?: SubscribeOptions): TopicFeed {
    const topic = topicOfName(checkTopicPattern(pattern));
    const checked = checkSubscribe(topic, options);
    const { store, writer, hub, ended, steady, caller, randomBytes } = this.#parts;
    const check = this.#parts.check && (() => this.#parts.check!(topic));
    const { group: groupName, signal, endsInMs, prefetch, leaseMs, beginning } = checked;
    if (groupName === undefined) {
      return new Subscription({ store, hub, ended, check }, pattern, checked);
    }
    const now = () => steady.now();
    const parts = { store, writer, hub, signal, ended, endsInMs, check, now };
    const member = encodeHex(randomBytes(limits.leaseBytes));
    // Members of a group cannot ask for last messages.
    const asked = { pattern, beginning: beginning as Exclude<Beginning, { kind: "last" }> };
    const membership = { group: groupName, member, holder: caller, prefetch, leaseMs };
    return new GroupFeed(parts, asked, membership);
  }

  async ack(topic: string, group: string, lease: string): Promise<void> {
    const { writer, caller } = this.#parts;
    await writer.write("topic.ack", caller, leaseOf(topic, group, lease));
  }

  async nack(
    topic: string,
    group: string,
    lease: string,
    options?: TopicNackOptions,
  ): Promise<NackResult> {
    const { delayMs, dead } = checkTopicNack(options);
    const { writer, caller } = this.#parts;
    const answer = { ...leaseOf(topic, group, lease), delayMs, dead };
    return await writer.write("topic.nack", caller, answer);
  }

  async extend(
    topic: string,
    group: string,
    lease: string,
    leaseMs?: number,
  ): Promise<{ readonly endsAtMs: number }> {
    const checked = checkLeaseMs(leaseMs);
    const { writer, caller } = this.#parts;
    const answer = { ...leaseOf(topic, group, lease), leaseMs: checked };
    return await writer.write("topic.extend", caller, answer);
  }

  async show(topic: string): Promise<TopicState> {
    const name = nameOf(topic);
    return await this.#parts.store.query((sql) => topicState(sql, name));
  }

  list(): Promise<TopicState[]> {
    return this.#parts.store.query(topicStates);
  }

  async configure(topic: string, settings: Partial<TopicSettings>): Promise<TopicState> {
    const name = nameOf(topic);
    const checked = checkTopicSettings(settings);
    await recordChange(this.#parts, "topic.configured", name, {
      settings: JSON.stringify(checked),
    });
    const { writer, caller } = this.#parts;
    return await writer.write("topic.configure", caller, { topic: name, settings: checked });
  }

  async purge(topic: string): Promise<{ readonly removed: number }> {
    const name = nameOf(topic);
    const { store, writer, caller } = this.#parts;
    const { last } = await store.query((sql) => mustFind(findTopicRow(sql, name), name));
    await recordChange(this.#parts, "topic.purged", name);
    let removed = 0;
    // Between two steps others are served.
    for (let count = 1; count > 0; removed += count) {
      count = await writer.write("topic.purge", caller, { topic: name, upTo: last });
    }
    return { removed };
  }

  async forget(topic: string, group: string): Promise<void> {
    const name = nameOf(topic);
    const groupName = checkGroupName(group);
    await recordChange(this.#parts, "topic.forgotten", name, { group: groupName });
    const { writer, caller } = this.#parts;
    await writer.write("topic.forget", caller, { topic: name, group: groupName });
  }

  /** Whether the topic keeps nothing, so that its messages went to those who read now. */
  async #publishLive(messages: readonly CheckedTopicMessage[]): Promise<boolean> {
    const { store, hub, steady, caller } = this.#parts;
    const name = topicOfName(messages[0]!.name);
    const row = await store.query((sql) => findTopicRow(sql, name));
    if (row === undefined || row.settings.kept) return false;
    for (const message of messages) refuseWhatCannotBeKept(row, message);
    const today = steady.today();
    hub.publishLive(name, messages.map((message) => rowOf(message, 0, today, caller)));
    return true;
  }
}

/** The lease that is answered. */
function leaseOf(topic: string, group: string, lease: string) {
  return { topic: nameOf(topic), group: checkGroupName(group), lease: checkLease(lease) };
}

/** The topic that a name or a pattern belongs to. */
function nameOf(name: unknown): string {
  return topicOfName(checkTopicPattern(name));
}
