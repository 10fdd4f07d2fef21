/**
 * Time as a parameter, so that a test can set it.
 *
 * @module
 */

/** Where the time comes from. */
export interface Clock {
  /**
   * Wall time.
   *
   * @returns Milliseconds since the Unix epoch; may step when the machine's clock is set.
   */
  now(): number;
  /**
   * Time for measuring.
   *
   * @returns Milliseconds since some fixed moment; never steps back.
   */
  monotonic(): number;
}

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};
