/**
 * Log lines: one event a line. Text of a peer cannot break out of its line.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";

/** How serious an event is. */
export type LogLevel = "info" | "warn" | "error";

/** Writes log lines. */
export interface Log {
  /**
   * Writes a line.
   *
   * @param level How serious the event is.
   * @param message What happened, in the same words each time.
   * @param fields The details of this event.
   */
  write(level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/**
 * Makes a log.
 *
 * @param sink Takes each line, without its LF.
 * @param clock Where the time comes from.
 * @returns The log.
 */
export function createLog(sink: (line: string) => void, clock: Clock): Log {
  return {
    write(level, message, fields = {}): void {
      const time = new Date(clock.now()).toISOString();
      const pairs = Object.entries(fields).map(([name, value]) => ` ${name}=${fieldOf(value)}`);
      sink(`${time} ${level} ${escapeControls(message)}${pairs.join("")}`);
    },
  };
}

/**
 * Makes text safe for one line of a terminal or a file.
 *
 * @param text Any text.
 * @returns The text with C0 and C1 controls, line separators and bidirectional overrides escaped.
 */
export function escapeControls(text: string): string {
  return text.replace(
    // deno-lint-ignore no-control-regex
    /[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function fieldOf(value: unknown): string {
  const text = escapeControls(String(value)).slice(0, limits.maxLogFieldLength);
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}
