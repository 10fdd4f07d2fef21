/**
 * What the commands of topics have in common.
 *
 * @module
 */

import { RemoteTopics } from "../../../messages/mod.ts";
import { checkTopicName, checkTopicPattern } from "../../../messages/topic/names.ts";
import type { Io } from "../../app/command.ts";
import { flag, operand, type Options } from "../../app/option.ts";
import { text, type ValueType } from "../../app/value_type.ts";
import {
  connectAsAsked,
  type ConnectionChoice,
  connectionOptions,
} from "../../workspace/server_connection.ts";

/** The name that messages are published by. */
export const topicName: ValueType<string> = {
  ...text("NAME"),
  expects: "a name such as orders or orders.42.paid, without * and >",
  completes: "topic",
  parse: (text) => taken(() => checkTopicName(text)),
};

/** A name, or a pattern. */
export const topicPattern: ValueType<string> = {
  ...text("NAME|PATTERN"),
  expects: "a name such as orders.42.paid, or a pattern such as orders.*.paid or orders.>",
  completes: "topic",
  parse: (text) => taken(() => checkTopicPattern(text)),
};

/** The operand of commands that are about one topic. */
export const topicOperand = operand(topicName, "the topic");

/** The options of every command that is about topics. */
export const topicOptions = {
  ...connectionOptions,
  json: flag("print one JSON value"),
} satisfies Options;

/**
 * Connects, and does something with the topics of the server.
 *
 * @param options What the user typed.
 * @param io The environment.
 * @param work What is done.
 * @returns What it gave.
 */
export async function withTopics<T>(
  options: ConnectionChoice,
  io: Io,
  work: (topics: RemoteTopics) => Promise<T>,
): Promise<T> {
  await using client = await connectAsAsked(options, io);
  return await work(new RemoteTopics(client));
}

/** What `--help` says of rights. */
export const rightsNote =
  "The owner of the server's Unix socket may do everything. Others need the right " +
  "topic:NAME.publish, topic:NAME.subscribe, topic:NAME.show or topic:NAME.manage, where NAME is the " +
  "first part of the name; the last two are administrative.";

function taken(check: () => string): string | undefined {
  try {
    return check();
  } catch {
    return undefined;
  }
}
