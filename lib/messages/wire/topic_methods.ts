/**
 * Topics as methods of the wire: `rpc.topic.publish` and the others.
 *
 * @module
 */

import type { Gate } from "../../auth/sign_in/gate.ts";
import { limits } from "../../base/limits.ts";
import type { Extension, ExtensionMethod } from "../../rpc/builtin/extension.ts";
import { callerName } from "../../rpc/method/caller_name.ts";
import type { Context } from "../../rpc/method/context.ts";
import { membersOf } from "../queue/params.ts";
import {
  checkTopicPattern,
  isAdministrativeTopicRight,
  type TopicRight,
  topicRight,
} from "../topic/names.ts";
import type {
  NewTopicMessage,
  SubscribeOptions,
  TopicNackOptions,
  TopicOperations,
} from "../topic/operations.ts";
import type { TopicSettings } from "../topic/settings.ts";
import { mayAdminister } from "./may.ts";
import { oneOrSeveral } from "./one_or_several.ts";
import type { TopicSource } from "./topic_source.ts";
import { waitWithin } from "./wire_wait.ts";

/** Params of a method: a topic, and more. */
interface Given {
  readonly topic: string;
  readonly [name: string]: unknown;
}

/** Params of an answer. */
interface Answered extends Given {
  readonly group: string;
  readonly lease: string;
}

type Work = (topics: TopicOperations, given: Given, context: Context) => unknown;

const SUBSCRIBE = [
  ...["from", "last", "group", "prefetch", "leaseMs", "whenSlow", "maxBehind", "place"],
];

/**
 * Makes the methods of topics.
 *
 * @param source The topics.
 * @returns What a server is extended by.
 */
export function topicExtension(source: TopicSource): Extension {
  return {
    methods(gate) {
      const about = aboutTopic(source, gate);
      return {
        "rpc.topic.publish": about(
          "publish",
          "Publish messages",
          ["messages", "value", "id"],
          publish,
        ),
        "rpc.topic.subscribe": {
          ...about("subscribe", "Read messages as they are published", SUBSCRIBE, subscribe),
          streams: true,
          cursor: { param: "from", item: "cursor" },
        },
        ...answerMethods(about),
        ...manageMethods(about),
        "rpc.topic.list": {
          summary: "Look at the topics that the caller may look at",
          idempotent: true,
          right: () => ({ name: "rpc.topic.list", isAdmin: false }),
          handler: (_params, { principal }) => list(source, gate, principal),
        },
      };
    },
  };
}

/** What members of a group answer messages with. */
function answerMethods(about: ReturnType<typeof aboutTopic>) {
  return {
    "rpc.topic.ack": about(
      "subscribe",
      "Say that a member of a group has done a message",
      ["group", "lease"],
      async (topics, given) => {
        const { topic, group, lease } = given as Answered;
        await topics.ack(topic, group, lease);
        return {};
      },
    ),
    "rpc.topic.nack": about(
      "subscribe",
      "Give a message back, to be given to the group again",
      ["group", "lease", "delayMs", "dead"],
      (topics, given) => {
        const { topic, group, lease, ...options } = given as Answered;
        return topics.nack(topic, group, lease, options as TopicNackOptions);
      },
    ),
    "rpc.topic.extend": about(
      "subscribe",
      "Let the lease of a message begin anew",
      ["group", "lease", "leaseMs"],
      (topics, given) => {
        const { topic, group, lease, leaseMs } = given as Answered;
        return topics.extend(topic, group, lease, leaseMs as number | undefined);
      },
    ),
  };
}

/** What administrators do. */
function manageMethods(about: ReturnType<typeof aboutTopic>) {
  return {
    "rpc.topic.show": about(
      "show",
      "Look at a topic",
      [],
      (topics, { topic }) => topics.show(topic),
      true,
    ),
    "rpc.topic.configure": about(
      "manage",
      "Change settings of a topic",
      ["settings"],
      (topics, { topic, settings }) => topics.configure(topic, settings as Partial<TopicSettings>),
      true,
    ),
    "rpc.topic.purge": about(
      "manage",
      "Remove the messages that a topic keeps",
      [],
      (topics, { topic }) => topics.purge(topic),
      true,
    ),
    "rpc.topic.forget": about(
      "manage",
      "Remove a group with its place",
      ["group"],
      async (topics, { topic, group }) => {
        await topics.forget(topic, group as string);
        return {};
      },
    ),
  };
}

/** Makes methods whose right is one on the topic that their params name. */
function aboutTopic(source: TopicSource, gate: Pick<Gate, "authorize">) {
  return (
    right: TopicRight,
    summary: string,
    params: readonly string[],
    work: Work,
    idempotent = false,
  ): ExtensionMethod => ({
    summary,
    idempotent,
    right: (given) => rightOn(given, right),
    handler(given, context) {
      const known = membersOf<Given>(given, ["topic", ...params], "The call");
      const { principal } = context;
      // A policy that has changed holds for a subscription that runs, too.
      const check = (topic: string) =>
        void gate.authorize(principal, topicRight(topic, "subscribe"), undefined, false);
      return work(source.as(callerName(principal), check), known, context);
    },
  });
}

function rightOn(given: unknown, right: TopicRight) {
  const topic = checkTopicPattern((given as { topic?: unknown } | null | undefined)?.topic);
  return { name: topicRight(topic, right), isAdmin: isAdministrativeTopicRight(right) };
}

function publish(topics: TopicOperations, given: Given): Promise<unknown> {
  const { topic, messages, ...message } = given;
  return oneOrSeveral<NewTopicMessage, unknown>(
    messages,
    message,
    (taken) => topics.publish(topic, taken),
  );
}

/** It ends before its call does, so that its caller hears where to go on. */
function subscribe(
  topics: TopicOperations,
  { topic, ...options }: Given,
  { signal, deadline }: Context,
): unknown {
  const endsInMs = waitWithin(limits.maxCallTimeoutMs, { deadline });
  return topics.subscribe(topic, { ...options as SubscribeOptions, endsInMs, signal });
}

async function list(
  source: TopicSource,
  gate: Pick<Gate, "authorize">,
  principal: Context["principal"],
): Promise<unknown> {
  const all = await source.as(callerName(principal)).list();
  const topics = all.filter(({ name }) => mayAdminister(gate, principal, topicRight(name, "show")));
  return { topics };
}
