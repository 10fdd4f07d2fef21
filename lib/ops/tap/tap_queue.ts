/**
 * What waits for somebody who taps. It is bounded: a tap that is read too slowly misses calls, and is
 * told how many.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type { TappedCall } from "./tapped_call.ts";

/** Calls that came at about the same time. */
export interface TapBatch {
  /** The calls, in the order in which they ended. */
  readonly calls: readonly TappedCall[];
  /** How many were missed before them. */
  readonly missed: number;
}

/** Calls on their way to one reader. Read it once. */
export class TapQueue implements AsyncIterable<TapBatch> {
  #calls: TappedCall[] = [];
  /** The length of the params of the calls that wait, in characters. */
  #length = 0;
  #missed = 0;
  #isEnded = false;
  /** Wakes the reader; set while it waits. */
  #wake: (() => void) | undefined;

  /**
   * Adds a call, or counts it as missed where too much waits already.
   *
   * @param call The call.
   */
  push(call: TappedCall): void {
    const length = call.params?.length ?? 0;
    if (this.#isEnded) return;
    if (
      this.#calls.length >= limits.maxTapQueue ||
      this.#length + length > limits.maxTapQueueLength
    ) this.#missed++;
    else {
      this.#calls.push(call);
      this.#length += length;
    }
    this.#wake?.();
  }

  /**
   * Adds calls that another thread has gathered.
   *
   * @param batch The calls.
   */
  add({ calls, missed }: TapBatch): void {
    this.#missed += missed;
    for (const call of calls) this.push(call);
    this.#wake?.();
  }

  /** Ends the reading; what waits is dropped. */
  end(): void {
    this.#isEnded = true;
    this.#calls = [];
    this.#wake?.();
  }

  /** Gives what waits, as soon as something does. */
  async *[Symbol.asyncIterator](): AsyncGenerator<TapBatch> {
    while (!this.#isEnded) {
      if (this.#calls.length === 0 && this.#missed === 0) {
        await new Promise<void>((resolve) => this.#wake = resolve);
        this.#wake = undefined;
        continue;
      }
      const calls = this.#calls.splice(0, limits.maxTapBatch);
      for (const { params } of calls) this.#length -= params?.length ?? 0;
      const missed = this.#missed;
      this.#missed = 0;
      yield { calls, missed };
    }
  }
}
