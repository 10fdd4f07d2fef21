/**
 * Log lines: one event a line. Text of a peer cannot break out of its line, and a secret that an error
 * names does not get in.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import { escapeControls } from "../base/text/printable.ts";
import { redactSecrets } from "./redact.ts";

/** The levels of a log, from all lines to the gravest alone. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

/** How serious an event is. */
export type LogLevel = typeof LOG_LEVELS[number];

/** The details of an event by name; an error is logged with its stack and its causes. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes log lines. */
export interface Log {
  /**
   * Writes a line.
   *
   * @param level How serious the event is.
   * @param message What happened, in the same words each time.
   * @param fields The details of this event.
   */
  write(level: LogLevel, message: string, fields?: LogFields): void;
}

/** The formats of a log: lines of text, or each line a JSON object. */
export const LOG_FORMATS = ["text", "json"] as const;

/** How much beyond the cut is looked at, so that a secret that begins before it is known for one. */
const REDACTION_MARGIN = 64;

/** How the lines are written. */
export type LogFormat = typeof LOG_FORMATS[number];

/**
 * Makes a log.
 *
 * @param sink Takes each line, without its LF.
 * @param clock Where the time comes from.
 * @param format How the lines are written.
 * @param lowest The lowest level that is written.
 * @returns The log.
 */
export function createLog(
  sink: (line: string) => void,
  clock: Clock,
  format: LogFormat = "text",
  lowest: LogLevel = "debug",
): Log {
  const lineOf = format === "json" ? jsonLine : textLine;
  const from = LOG_LEVELS.indexOf(lowest);
  return {
    write(level, message, fields = {}): void {
      if (LOG_LEVELS.indexOf(level) < from) return;
      const said = shorten(message, limits.maxLogErrorLength);
      sink(lineOf(new Date(clock.now()).toISOString(), level, said, fields));
    },
  };
}

function textLine(time: string, level: LogLevel, message: string, fields: LogFields): string {
  const pairs = Object.entries(fields).map(([name, value]) => {
    const text = textOf(value);
    // Quoted as JSON has it, which escapes what would end the field.
    return ` ${name}=${/^[^\s"=\\]+$/.test(text) ? text : JSON.stringify(text)}`;
  });
  return escapeControls(`${time} ${level} ${message}${pairs.join("")}`);
}

function jsonLine(time: string, level: LogLevel, message: string, fields: LogFields): string {
  const values = Object.entries(fields).map(([name, value]) => [
    name,
    typeof value === "number" || typeof value === "boolean" || value === undefined
      ? value
      : textOf(value),
  ]);
  return escapeControls(JSON.stringify({ time, level, message, ...Object.fromEntries(values) }));
}

function textOf(value: unknown): string {
  try {
    if (!(value instanceof Error)) return shorten(String(value), limits.maxLogFieldLength);
    return shorten(stackOf(value), limits.maxLogErrorLength);
  } catch {
    return "a value that cannot be read"; // a proxy, or an object without a prototype
  }
}

/** The stack of an error and of what caused it; the bound ends a circle of causes. */
function stackOf(error: Error): string {
  let text = "";
  let cause: unknown = error;
  while (cause !== undefined && text.length <= limits.maxLogErrorLength) {
    if (text !== "") text += "\nCaused by: ";
    if (!(cause instanceof Error)) return text + String(cause);
    text += cause.stack ?? `${cause.name}: ${cause.message}`;
    cause = cause.cause;
  }
  return text;
}

/** A long text is cut before its secrets are looked for, so that its length does not cost time. */
function shorten(text: string, length: number): string {
  const shown = redactSecrets(text.slice(0, length + REDACTION_MARGIN));
  return shown.length > length || text.length > length ? `${shown.slice(0, length)}…` : shown;
}
