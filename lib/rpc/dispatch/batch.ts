/**
 * The replies of a batch, which leave together once the last one is there.
 *
 * @module
 */

import type { SingleMessage } from "../../protocol/message.ts";
import type { Replies } from "../method/context.ts";

/** Gathers the replies of one batch. */
export class BatchReplies implements Replies {
  readonly #out: Replies;
  readonly #replies: string[] = [];
  readonly #expected: number;

  /**
   * @param messages The batch.
   * @param out Where the one line of replies goes; nothing goes there when none is owed.
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
