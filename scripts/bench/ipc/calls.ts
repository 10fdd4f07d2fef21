/**
 * The load of the pools: the same calls, and every answer is checked. It runs under Node as well.
 *
 * @module
 */

import { carryRounds, type Span } from "./round.ts";

/**
 * Calls until the time is over.
 *
 * @param add Has two numbers added by a worker.
 * @param inFlight Calls under way at any time.
 */
export async function carryCalls(
  add: (a: number, b: number) => Promise<unknown>,
  inFlight: number,
): Promise<void> {
  const lane = async (span: Span, seed: number): Promise<void> => {
    let a = seed;
    do {
      const sum = await add(++a, 7);
      if (sum !== a + 7) throw new Error(`add(${a}, 7) gave ${sum}`);
    } while (span.note());
  };
  await carryRounds(async (span) => {
    await Promise.all(Array.from({ length: inFlight }, (_, index) => lane(span, index * 1_000)));
  });
}
