/**
 * What a ring is made with.
 *
 * @module
 */

/** How a {@linkcode Ring} is made. */
export interface RingOptions {
  /**
   * Room for messages, rounded up to a power of two; the longest message takes half of it.
   *
   * @default {1_048_576}
   */
  capacityBytes?: number;
}
