/**
 * The way back to the caller over a connection.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { encodeNotificationOf, encodeParams } from "../../protocol/encode.ts";
import type { CallOptions } from "../call/call_options.ts";
import type { Caller } from "../call/caller.ts";
import type { Outbox } from "../outbox/outbox.ts";
import type { CallerBack } from "../dispatch/call_host.ts";
import type { Line } from "../../protocol/line.ts";
import { lineOf } from "../peer/peer_values.ts";
import { goingAway } from "./draining.ts";

/** Calls the other side on behalf of handlers. What they send counts as owed, like replies. */
export class WayBack implements CallerBack {
  readonly #caller: Pick<Caller, "call" | "isStopped" | "values">;
  readonly #outbox: Outbox;

  /**
   * @param caller Calls the other side.
   * @param outbox Takes the notifications.
   */
  constructor(caller: Pick<Caller, "call" | "isStopped" | "values">, outbox: Outbox) {
    this.#caller = caller;
    this.#outbox = outbox;
  }

  notify(method: string, params: unknown): void {
    const line = this.#lineOf(method, params);
    const refusal = this.#outbox.refusal(line);
    if (refusal !== undefined) throw refusal;
    this.#outbox.push(line);
  }

  call(method: string, params: unknown, options: CallOptions): Promise<unknown> {
    if (this.#caller.isStopped) return Promise.reject(goingAway());
    return this.#caller.call(method, params, options);
  }

  #lineOf(method: string, params: unknown): Line {
    const written = encodeParams(method, params);
    if (typeof written !== "object") return encodeNotificationOf(method, written);
    const how = { takesBytes: true, unreadMs: limits.unreadStreamMs };
    const { text, types, blobs } = this.#caller.values.fill(written, how);
    return lineOf(encodeNotificationOf(method, text, undefined, types), blobs);
  }
}
