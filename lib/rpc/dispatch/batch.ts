/**
 * The replies of a batch, which leave in one line once the last of them is ready.
 *
 * @module
 */

import type { SingleMessage } from "../../protocol/message.ts";
import type { Replies } from "./call_host.ts";

/** Gathers the replies of one batch. */
export class BatchReplies implements Replies {
  readonly #out: Replies;
  readonly #replies: string[] = [];
  readonly #expected: number;

  /**
   * @param messages The batch.
   * @param out Takes the line of replies. A batch of notifications has none.
   */
  constructor(messages: readonly SingleMessage[], out: Replies) {
    this.#out = out;
    this.#expected = messages.filter(({ kind }) => kind === "request" || kind === "invalid").length;
  }

  push(reply: string): void {
    this.#replies.push(reply);
    if (this.#replies.length === this.#expected) this.#out.push(`[${this.#replies.join(",")}]`);
  }
}
