/**
 * Operations on topics.
 *
 * @module
 */

import { checkLease } from "../embedded/tables/answers.ts";
import { ackDelivery, extendDelivery, nackDelivery } from "../embedded/topic_tables/answers.ts";
import { deliver } from "../embedded/topic_tables/deliveries.ts";
import { joinGroup, leaveGroup } from "../embedded/topic_tables/groups.ts";
import {
  configureTopic,
  forgetGroup,
  purgeTopic,
  trimTopic,
} from "../embedded/topic_tables/manage.ts";
import { publishMessages } from "../embedded/topic_tables/publish.ts";
import type { Beginning } from "../topic/params.ts";
import { checkTopicSettings } from "../topic/settings.ts";
import { operation } from "./define.ts";
import {
  checked,
  type Field,
  flag,
  list,
  number,
  object,
  oneOf,
  optional,
  orNull,
  text,
} from "./fields.ts";

/** A message of a topic as it is stored. */
export const topicMessage = object({
  name: text,
  value: text,
  types: orNull(text),
  bytes: number,
  id: orNull(text),
});

/** Which lease of a group's member is meant. */
const delivered = { topic: text, group: text, lease: checked(checkLease) };

const member = { topic: text, group: text, member: text };

const beginnings = {
  now: object({ kind: oneOf("now") }),
  first: object({ kind: oneOf("first") }),
  time: object({ kind: oneOf("time"), ms: number }),
  cursor: object({ kind: oneOf("cursor"), number }),
};

const beginning: Field<Exclude<Beginning, { kind: "last" }>> = (value, where) => {
  const given = (value as { kind?: unknown } | null | undefined)?.kind;
  const kind = oneOf(...Object.keys(beginnings) as (keyof typeof beginnings)[])(given, where);
  return beginnings[kind](value, where);
};

/** Operations on topics, by name. */
export const topicOperations = {
  "topic.publish": operation(
    { messages: list(topicMessage) },
    (transaction, { messages }, by) => publishMessages(transaction, messages, by),
  ),
  "topic.ack": operation(
    delivered,
    (transaction, answer, holder) => ackDelivery(transaction, { ...answer, holder }),
  ),
  "topic.nack": operation(
    { ...delivered, delayMs: optional(number), dead: optional(flag) },
    (transaction, { delayMs, dead, ...answer }, holder) =>
      nackDelivery(transaction, { ...answer, holder }, { delayMs, dead }),
  ),
  "topic.extend": operation(
    { ...delivered, leaseMs: optional(number) },
    (transaction, { leaseMs, ...answer }, holder) =>
      extendDelivery(transaction, { ...answer, holder }, leaseMs),
  ),
  "topic.join": operation(
    { topic: text, group: text, pattern: text, beginning },
    (transaction, { topic, group, ...asked }) => joinGroup(transaction, { topic, group }, asked),
  ),
  "topic.deliver": operation(
    { ...member, prefetch: number, leaseMs: number, scanned: number },
    (transaction, { scanned, ...membership }, holder) =>
      deliver(transaction, { ...membership, holder }, scanned),
  ),
  "topic.leave": operation(
    { ...member, isLost: flag },
    (transaction, { isLost, ...membership }) => leaveGroup(transaction, membership, isLost),
  ),
  "topic.configure": operation(
    { topic: text, settings: checked(checkTopicSettings) },
    (transaction, { topic, settings }) => configureTopic(transaction, topic, settings),
  ),
  "topic.purge": operation(
    { topic: text, upTo: number },
    (transaction, { topic, upTo }) => purgeTopic(transaction, topic, upTo),
  ),
  "topic.forget": operation(
    { topic: text, group: text },
    (transaction, { topic, group }) => forgetGroup(transaction, topic, group),
  ),
  "topic.trim": operation(
    { topic: text },
    (transaction, { topic }) => trimTopic(transaction, topic),
  ),
};
