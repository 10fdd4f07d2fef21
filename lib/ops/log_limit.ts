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
  const others: Kind = {
    level: "warn",
    message: "other lines",
    method: undefined,
    written: 0,
    left: 0,
  };
  const endWindow = (): void => {
    for (const { level, message, method, left } of [...kinds.values(), others]) {
      if (left === 0) continue;
      const about = method === undefined ? {} : { method };
      log.write(level, message, { ...about, more: left });
    }
    kinds.clear();
    others.left = 0;
  };
  const kindOf = (level: LogLevel, message: string, method: unknown): Kind => {
    const key = `${message} ${method}`.slice(0, limits.maxLogFieldLength);
    const known = kinds.get(key);
    if (known !== undefined) return known;
    // Nothing of these is written: lines that differ each time would fill the log as well.
    if (kinds.size >= limits.maxLogKinds) return others;
    const kind = { level, message, method, written: 0, left: 0 };
    kinds.set(key, kind);
    return kind;
  };
  return {
    write(level, message, fields = {}): void {
      if (kinds.size === 0) after(windowMs, endWindow, { persistent: false });
      const kind = kindOf(level, message, fields["method"]);
      if (kind === others || kind.written === maxLines) {
        kind.left++;
        return;
      }
      kind.written++;
      log.write(level, message, fields);
    },
  };
}
