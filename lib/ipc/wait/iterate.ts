/**
 * `for await` over what other threads send.
 *
 * @module
 */

import { turnIfDue } from "../../base/turn.ts";

/**
 * Makes an iterator over values that are there now, or come later. A value that is there costs one
 * promise, where an async generator makes three; and the event loop gets its turn however many
 * values there are.
 *
 * @param tryNext Returns the next value, or `undefined` where none is there.
 * @param waitForNext Waits for the next value; `undefined` at the end.
 * @returns The iterator, which ends where `waitForNext` resolves to `undefined`.
 */
export function iterate<T>(
  tryNext: () => T | undefined,
  waitForNext: () => Promise<T | undefined>,
): AsyncIterator<T> {
  return {
    async next() {
      const turn = turnIfDue();
      if (turn !== undefined) await turn;
      let value = tryNext();
      if (value === undefined) value = await waitForNext();
      return value === undefined ? { done: true, value } : { done: false, value };
    },
  };
}
