/**
 * Limits of other programs: those that are served, and those whose bytes are passed on.
 *
 * @module
 */

import { HOUR_MS, KiB } from "./units.ts";

/** Limits of `lib/exec` and `lib/proxy`. */
export const programLimits = {
  // Programs that are served.
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

  // Services behind a proxy.
  /** The most bytes of one read. */
  proxyReadBytes: 64 * KiB,
  /** A TLS stream reads nothing more while this many bytes of it wait to be passed on. */
  proxyBufferBytes: 256 * KiB,
  /** The most connections that a proxy passes on at once. */
  maxProxyConnections: 1_000,
  /** A connection on which nothing has moved for this long is ended. */
  proxyIdleMs: 1 * HOUR_MS,
  /** The rights of those who are connected are looked at this often. */
  proxyRecheckMs: 500,
} as const;
