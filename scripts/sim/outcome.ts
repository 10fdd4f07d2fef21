/**
 * How a run ended, whatever was run.
 *
 * @module
 */

/** A promise that was broken. */
export interface Broken<P extends string = string> {
  readonly promise: P;
  /** What happened, as far as it was seen. */
  readonly what: string;
}

/** How a run ended. */
export interface Outcome<P extends string = string> {
  /** The promises that were broken, in the order in which that was seen. */
  readonly violations: readonly Broken<P>[];
  /** Stands for everything that happened. */
  readonly hash: string;
  /** What happened, where it was asked for. */
  readonly lines: readonly string[];
}
