/**
 * Limits of logs, of the command line and of programs that are made.
 *
 * @module
 */

import { KiB } from "./units.ts";

/** Limits of `lib/ops`, `lib/cli` and `lib/packaging`. */
export const opsLimits = {
  /** The longest value of one field in a log line, in characters. */
  maxLogFieldLength: 200,
  /** Time to ask a server for its methods while a user waits for the completion of a word. */
  completionTimeoutMs: 2_000,
  /** What a conformance run reads at a time from the peer under test. */
  conformanceReadBytes: 64 * KiB,
  /** How much of a line a conformance report shows, in characters. */
  maxConformanceShownLength: 300,
  /** How long a peer under test may take for each line. */
  conformanceTimeoutMs: 5_000,
  /** How long `dari bench` measures each figure. */
  benchTimeMs: 1_000,
  /** The launcher script of an executable is padded to a multiple of this. */
  launcherBlockBytes: 4 * KiB,
} as const;
