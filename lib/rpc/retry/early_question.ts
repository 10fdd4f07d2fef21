/**
 * Asks a server about its methods while it is well: when its calls fail, it may be too late for that.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { sharedAfter } from "../../base/shared_after.ts";
import type { OutgoingCall } from "../call/outgoing_call.ts";
import { mayAsk } from "./retrying_calls.ts";
import type { ServerKnowledge } from "./server_knowledge.ts";

/**
 * One question, a moment after the first call: a client that makes one call and leaves asks nothing.
 *
 * Invariant: the timer runs only while `isWanted` is false.
 */
export class EarlyQuestion {
  /** Whether the next call is to be waited behind. */
  isWanted = true;
  readonly #knowledge: ServerKnowledge;
  readonly #after: typeof sharedAfter;
  #stopTimer = () => {};
  #isClosed = false;

  /**
   * @param knowledge What is known of the server.
   * @param after Calls back after a time.
   */
  constructor(knowledge: ServerKnowledge, after: typeof sharedAfter = sharedAfter) {
    this.#knowledge = knowledge;
    this.#after = after;
  }

  /**
   * Asks, a moment later, the server that this call was sent to. Only where `isWanted`.
   *
   * @param call The call.
   */
  waitBehind(call: OutgoingCall): void {
    this.isWanted = false;
    if (this.#isClosed) return;
    this.#stopTimer = this.#after(limits.discoverAfterMs, () => this.#ask(call));
  }

  /** Asks nothing any more. */
  close(): void {
    this.#isClosed = true;
    this.#stopTimer();
  }

  #ask(call: OutgoingCall): void {
    const knowledge = this.#knowledge;
    if (knowledge.last !== undefined) return;
    const { id, holder } = call;
    // Without a connection nothing is known of the server: the next call tries again.
    if (id === 0 || holder === undefined || holder.itemBytes === "asked") this.isWanted = true;
    else if (mayAsk(call, knowledge)) {
      knowledge.learn({ need: 1, leftMs: limits.discoverTimeoutMs }).catch(() => {
        this.isWanted = true;
      });
    }
  }
}
