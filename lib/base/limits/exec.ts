/**
 * Limits of programs that are served.
 *
 * @module
 */

/** Limits of `lib/exec`. */
export const execLimits = {
  /** The most copies of a program that share its calls. */
  maxProgramCopies: 256,
  /** The most methods of a program. */
  maxProgramMethods: 10_000,
  /** The longest line of a program's standard error that is logged, in characters. */
  maxProgramLineLength: 1_000,
  /** The most lines of one copy's standard error that are logged in a second. */
  maxProgramLinesPerSecond: 100,
  /** Callers of a program that has ended are told to come again after this time. */
  programRetryAfterMs: 1_000,
  /** Time for a program to say which methods it has. */
  programStartMs: 30_000,
} as const;
