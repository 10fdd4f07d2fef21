/**
 * The replies of a batch, which leave in one line once the last of them is ready.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { encodeError } from "../../protocol/encode.ts";
import type { Line } from "../../protocol/line.ts";
import type { SingleMessage } from "../../protocol/message.ts";
import type { BatchSink, Replies } from "./call_host.ts";

const { maxLineBytes: MAX_LINE, shortErrorBytes: SHORT_ERROR } = limits;

/**
 * Gathers the replies of one batch. They count as owed while they are gathered, and together they
 * are no longer than a line may be: a result beyond that becomes an error of its element.
 */
export class BatchReplies implements Replies {
  readonly takesBytes = false;
  readonly #out: BatchSink;
  readonly #replies: string[] = [];
  readonly #expected: number;
  /** The characters of the replies, and of what joins them. */
  #length = 0;
  /** Set by the first reply that did not fit. */
  #isRefusing = false;

  /**
   * @param messages The batch.
   * @param out Takes the line of replies. A batch of notifications has none.
   */
  constructor(messages: readonly SingleMessage[], out: BatchSink) {
    this.#out = out;
    this.#expected = messages.filter(({ kind }) => kind === "request" || kind === "invalid").length;
  }

  /** Whether a result did not fit, so that no further element should be run. */
  get isRefusing(): boolean {
    return this.#isRefusing;
  }

  refusal(reply: Line): DariError | undefined {
    // Every element that is not answered yet must at least get its error in.
    const left = this.#expected - this.#replies.length - 1;
    const length = this.#length + reply.length + left * SHORT_ERROR;
    const refusal = length > MAX_LINE
      ? tooMuch(reply.length, this.#length)
      : this.#out.refusal(reply);
    this.#isRefusing ||= refusal !== undefined;
    return refusal;
  }

  push(reply: Line): void {
    // `takesBytes` says that none carries raw bytes.
    this.#replies.push(typeof reply === "string" ? reply : reply.text);
    this.#length += reply.length + 1;
    this.#out.reserve(reply.length + 1);
    if (this.#replies.length < this.#expected) return;
    this.#out.unreserve(this.#length);
    const line = `[${this.#replies.join(",")}]`;
    this.#replies.length = 0;
    // Only ids that are as long as the batch itself, or text beyond ASCII, make it too long here.
    const refusal = this.#out.refusal(line);
    this.#out.push(refusal === undefined ? line : encodeError(null, refusal));
  }
}

function tooMuch(length: number, before: number): DariError {
  return new DariError(
    "resource_exhausted",
    `The reply has ${length} bytes, and its batch has ${before} bytes of replies already; a line ` +
      `may have ${MAX_LINE}: send smaller batches`,
  );
}
