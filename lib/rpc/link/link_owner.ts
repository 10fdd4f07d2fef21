/**
 * The owner of a link.
 *
 * @module
 */

import type { CallSender, OutgoingCall } from "../call/outgoing_call.ts";
import type { Presence } from "./status_board.ts";

/** The owner of a link: it is given the calls back that were not run there. */
export interface LinkOwner extends CallSender {
  /**
   * The connections of the link have changed.
   *
   * @param presence What they have come to.
   * @param error Why it is away.
   */
  changed(presence: Presence, error: Error | undefined): void;
  /**
   * The other side is silent; told again and again while it is.
   *
   * @returns The route that takes calls instead; `undefined` where there is no other.
   */
  doubted(): CallRoute | undefined;
}

/** The way of a call to a server. */
export interface CallRoute {
  /**
   * Sends a call, at once or as soon as that is possible.
   *
   * @param call The call. It fails where it cannot be sent.
   */
  send(call: OutgoingCall): void;
}
