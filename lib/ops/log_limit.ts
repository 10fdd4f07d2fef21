/**
 * A log that the same event cannot fill.
 *
 * @module
 */

import { after } from "../base/abort.ts";
import { limits } from "../base/limits.ts";
import type { Log, LogLevel } from "./log.ts";

/** The lines of one kind in the present window of time. */
interface Kind {
  readonly level: LogLevel;
  readonly message: string;
  readonly method: unknown;
  written: number;
  left: number;
}

/** The bounds of {@linkcode limitRepeats}. */
export interface RepeatLimits {
  /** The most lines of one kind in a window. @default {100} */
  readonly maxLines?: number | undefined;
  /** The length of a window, in milliseconds. @default {10_000} */
  readonly windowMs?: number | undefined;
}

/**
 * Limits lines with the same message about the same method. At the end of each window of time, one
 * line tells how many of a kind were left out.
 *
 * @param log The log that is written to.
 * @param limit The bounds.
 * @returns The limited log.
 */
export function limitRepeats(
  log: Log,
  { maxLines = limits.maxLogRepeats, windowMs = limits.logRepeatWindowMs }: RepeatLimits = {},
): Log {
  const kinds = new Map<string, Kind>();
  const endWindow = (): void => {
    for (const { level, message, method, left } of kinds.values()) {
      if (left === 0) continue;
      const about = method === undefined ? {} : { method };
      log.write(level, message, { ...about, more: left });
    }
    kinds.clear();
  };
  return {
    write(level, message, fields = {}): void {
      if (kinds.size === 0) after(windowMs, endWindow, { persistent: false });
      const { method } = fields;
      const key = `${message} ${method}`;
      const kind = kinds.get(key) ?? { level, message, method, written: 0, left: 0 };
      kinds.set(key, kind);
      if (kind.written === maxLines) {
        kind.left++;
        return;
      }
      kind.written++;
      log.write(level, message, fields);
    },
  };
}
