/**
 * Messages as a call gives them: one by its members, several by a list.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";

/**
 * Takes the messages of a call; what it answers has the same form.
 *
 * @param messages The list, where the call has one.
 * @param message The members of one message.
 * @param take Takes them, and says what became of each.
 * @returns What became of the one, or `{ messages }`.
 * @throws {DariError} `invalid_params` on a list with members beside it.
 */
export async function oneOrSeveral<Message, Receipt>(
  messages: unknown,
  message: Readonly<Record<string, unknown>>,
  take: (messages: readonly Message[]) => Promise<readonly Receipt[]>,
): Promise<Receipt | { readonly messages: readonly Receipt[] } | undefined> {
  if (messages === undefined) return (await take([message as Message]))[0];
  if (Object.keys(message).length > 0) {
    throw new DariError("invalid_params", 'Send one message, or "messages" and nothing beside it');
  }
  return { messages: await take(messages as readonly Message[]) };
}
