/**
 * Limits of logs and of programs that are made.
 *
 * @module
 */

import { KiB } from "./units.ts";

/** Limits of `lib/ops` and `lib/packaging`. */
export const opsLimits = {
  /** The longest value of one field in a log line, in characters. */
  maxLogFieldLength: 200,
  /** The launcher script of an executable is padded to a multiple of this. */
  launcherBlockBytes: 4 * KiB,
} as const;
