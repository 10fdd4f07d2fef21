/**
 * A call with an idempotency key, as the keeping of its answer needs it.
 *
 * @module
 */

import type { AnswerState } from "./answer_record.ts";

/** One call with a key. */
export interface KeyedTask {
  /** Under which its answer is kept. */
  readonly name: string;
  /** What is the same for every try of it. */
  readonly digest: string;
  /** For messages. */
  readonly method: string;
  /** Whether running it twice does no harm. */
  readonly isIdempotent: boolean;
  /** Whether nobody waits for it any more, so that it need not begin. */
  isGivenUp(): boolean;
  /** How long it may take from now on, in milliseconds. */
  leftMs(): number;
}

/** How a call that was run ended: with an answer to keep, or `undefined` where it may be run again. */
export interface RunEnd {
  readonly keep: AnswerState | undefined;
  /** Gives what the caller of this try gets, or throws it. */
  readonly settle: () => unknown;
}
