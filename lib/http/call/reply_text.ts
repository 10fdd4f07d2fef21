/**
 * The parts of a reply of dari/1, cut out of its text: a result is not parsed to be sent on.
 *
 * @module
 */

import type { ErrorObject, Id } from "../../protocol/message.ts";

/** The id of the calls whose requests have no envelope. */
export const NO_ID = 0;

const HEAD = '{"jsonrpc":"2.0","id":';
const RESULT = `${HEAD}${NO_ID},"result":`;
const ERROR = ',"error":';
const ITEM = `{"jsonrpc":"2.0","method":"rpc.item","params":{"id":${NO_ID},"value":`;
const META = ',"meta":{';

/**
 * Looks whether a reply says that its call failed.
 *
 * @param reply The text of the reply.
 * @param id The id of the call.
 * @returns The error; `undefined` for a result.
 */
export function errorIn(reply: string, id: Id): ErrorObject | undefined {
  const at = HEAD.length + (typeof id === "number" ? String(id) : JSON.stringify(id)).length;
  return reply.startsWith(ERROR, at)
    ? (JSON.parse(reply) as { error: ErrorObject }).error
    : undefined;
}

/**
 * Cuts the result out of a reply.
 *
 * @param reply The text of the reply, whose id is {@linkcode NO_ID}.
 * @returns The JSON text of the result.
 */
export function resultIn(reply: string): string {
  let end = reply.length - 1;
  // What travels beside a result stands behind it; only parsing tells it from a part of the result.
  const meta = reply.lastIndexOf(META);
  if (meta >= 0 && Object.hasOwn(JSON.parse(reply), "meta")) end = meta;
  return reply.slice(RESULT.length, end);
}

/**
 * Cuts the value out of the message of an item.
 *
 * @param line The text of the message.
 * @returns The JSON text of the item; `undefined` where the message is none of the call's items.
 */
export function itemIn(line: string): string | undefined {
  return line.startsWith(ITEM) ? line.slice(ITEM.length, -2) : undefined;
}

/** Whether a message is the reply of a call, and neither an item nor a notification. */
export function isReply(line: string): boolean {
  return line.startsWith(HEAD);
}
