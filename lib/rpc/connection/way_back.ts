/**
 * The way back to the caller over a connection.
 *
 * @module
 */

import { encodeNotificationOf, encodeParams } from "../../protocol/encode.ts";
import type { CallOptions } from "../call/call_options.ts";
import type { Caller } from "../call/caller.ts";
import type { Outbox } from "../outbox/outbox.ts";
import type { CallerBack } from "../dispatch/call_host.ts";
import type { Line } from "../../protocol/line.ts";
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
    this.#outbox.push(this.#lineOf(method, params));
  }

  call(method: string, params: unknown, options: CallOptions): Promise<unknown> {
    if (this.#caller.isStopped) return Promise.reject(goingAway());
    return this.#caller.call(method, params, options);
  }

  /** A line that the outbox takes. */
  #lineOf(method: string, params: unknown): Line {
    const written = encodeParams(method, params);
    const form = {
      takesBytes: true,
      textOf: (text: string, types?: string) =>
        encodeNotificationOf(method, text, undefined, types),
      refusal: (line: Line) => this.#outbox.refusal(line),
    };
    if (typeof written === "object") return this.#caller.values.lineOf(written, form);
    const line = encodeNotificationOf(method, written);
    const refusal = this.#outbox.refusal(line);
    if (refusal !== undefined) throw refusal;
    return line;
  }
}
