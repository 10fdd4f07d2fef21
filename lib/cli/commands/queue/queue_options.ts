/**
 * What the commands of queues have in common.
 *
 * @module
 */

import { limits } from "../../../base/limits.ts";
import { RemoteQueues } from "../../../messages/mod.ts";
import type { Io } from "../../app/command.ts";
import { flag, operand, type Options } from "../../app/option.ts";
import { text, type ValueType } from "../../app/value_type.ts";
import {
  connectAsAsked,
  type ConnectionChoice,
  connectionOptions,
} from "../../workspace/server_connection.ts";

const NAME = new RegExp(`^[A-Za-z0-9_-]{1,${limits.maxQueueNameLength}}$`);

/** The name of a queue. */
const queueName: ValueType<string> = {
  ...text("NAME"),
  expects: `1 to ${limits.maxQueueNameLength} of A-Z a-z 0-9 _ -`,
  completes: "queue",
  parse: (text) => NAME.test(text) ? text : undefined,
};

/** The operand of commands that are about one queue. */
export const queueOperand = operand(queueName, "the queue");

/** The options of every command that is about queues. */
export const queueOptions = {
  ...connectionOptions,
  json: flag("print one JSON value"),
} satisfies Options;

/**
 * Connects, and does something with the queues of the server.
 *
 * @param options What the user typed.
 * @param io The environment.
 * @param work What is done.
 * @returns What it gave.
 */
export async function withQueues<T>(
  options: ConnectionChoice,
  io: Io,
  work: (queues: RemoteQueues) => Promise<T>,
): Promise<T> {
  await using client = await connectAsAsked(options, io);
  return await work(new RemoteQueues(client));
}

/** What `--help` says of rights. */
export const rightsNote =
  "The owner of the server's Unix socket may do everything. Others need the right queue:NAME.put, " +
  "queue:NAME.take, queue:NAME.show or queue:NAME.manage; the last two are administrative.";
