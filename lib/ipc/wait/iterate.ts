/**
 * `for await` over what other threads send.
 *
 * @module
 */

import { turnIfDue } from "../../base/turn.ts";

/**
 * Iterates until the end. What is there already costs one promise, where an async generator makes
 * three; and the event loop gets its turn however much there is.
 *
 * @param now Gives the next value where there is one.
 * @param later Waits for it; `undefined` at the end.
 */
export function iterate<T>(
  now: () => T | undefined,
  later: () => Promise<T | undefined>,
): AsyncIterator<T> {
  return {
    async next() {
      const turn = turnIfDue();
      if (turn !== undefined) await turn;
      let value = now();
      if (value === undefined) value = await later();
      return value === undefined ? { done: true, value } : { done: false, value };
    },
  };
}
