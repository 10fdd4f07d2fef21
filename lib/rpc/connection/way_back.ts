/**
 * The way back to the caller over a connection.
 *
 * @module
 */

import { encodeNotification } from "../../protocol/encode.ts";
import type { CallOptions } from "../call/call_options.ts";
import type { Caller } from "../call/caller.ts";
import type { Outbox } from "../call/outbox.ts";
import type { CallerBack } from "../dispatch/call_host.ts";

/** Calls the other side on behalf of handlers. What they send counts as owed, like replies. */
export class WayBack implements CallerBack {
  readonly #caller: Pick<Caller, "call">;
  readonly #outbox: Outbox;

  /**
   * @param caller Calls the other side.
   * @param outbox Takes the notifications.
   */
  constructor(caller: Pick<Caller, "call">, outbox: Outbox) {
    this.#caller = caller;
    this.#outbox = outbox;
  }

  notify(method: string, params: unknown): void {
    const text = encodeNotification(method, params);
    const refusal = this.#outbox.refusal(text);
    if (refusal !== undefined) throw refusal;
    this.#outbox.push(text);
  }

  call(method: string, params: unknown, options: CallOptions): Promise<unknown> {
    return this.#caller.call(method, params, options);
  }
}
