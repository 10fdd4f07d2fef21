/**
 * The log of a program: its lines go to a place that may be slow, and the same event cannot fill it.
 *
 * @module
 */

import { systemClock } from "../base/clock.ts";
import { LineQueue, type LineWriter } from "./line_queue.ts";
import { createLog, type Log, type LogFormat, type LogLevel } from "./log.ts";
import { limitRepeats } from "./log_limit.ts";

/** How {@linkcode openLog} writes. */
export interface LogSettings {
  /** How the lines are written. */
  readonly format: LogFormat;
  /** The lowest level that is written. */
  readonly level: LogLevel;
}

/** A log, and the way for lines that were written elsewhere. */
export interface OpenLog extends Log, AsyncDisposable {
  /**
   * Adds a line that another thread has written in the log's format.
   *
   * @param line The line, without its LF.
   */
  add(line: string): void;
}

/**
 * Opens a log.
 *
 * @param writer Where the lines go, for instance `Deno.stderr`.
 * @param settings How it writes.
 * @returns The log; disposing of it waits a moment for its last lines.
 */
export function openLog(
  writer: LineWriter,
  { format, level }: LogSettings,
): OpenLog {
  const lineOfDropped = (count: number): string => {
    let text = "";
    createLog((line) => text = line, systemClock, format)
      .write("warn", "log lines were dropped", { count });
    return text;
  };
  const queue = new LineQueue(writer, lineOfDropped);
  const direct = createLog((line) => queue.add(line), systemClock, format, level);
  // At debug every call is wanted, however many there are.
  const log = level === "debug" ? direct : limitRepeats(direct);
  return {
    write: log.write,
    add: (line) => queue.add(line),
    [Symbol.asyncDispose]: () => queue.flush(),
  };
}
