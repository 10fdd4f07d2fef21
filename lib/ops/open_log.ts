/**
 * The log of a program: its lines go to a place that may be slow, and the same event cannot fill it.
 *
 * @module
 */

import { systemClock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import { LineQueue, type LineWriter } from "./line_queue.ts";
import { createLog, type Log, type LogFormat, type LogLevel } from "./log.ts";
import { LogFile, type LogFileOptions } from "./log_file.ts";
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
  /** Takes up a file that another program has moved away; does nothing where there is none. */
  reopen(): Promise<void>;
}

/**
 * Opens a log.
 *
 * @param writer Where the lines go, for instance `Deno.stderr`.
 * @param settings How it writes.
 * @returns The log; disposing of it waits a moment for its last lines.
 */
export function openLog(writer: LineWriter, settings: LogSettings): OpenLog {
  return logOver(queueOf(writer, settings, limits.outputPieceBytes), settings);
}

/** A file for a log. */
export interface LogFileSettings extends Omit<LogFileOptions, "tell"> {
  /** The file. */
  readonly path: string;
}

/**
 * Opens a log in a file.
 *
 * @param writer Where lines about the file itself go, for instance `Deno.stderr`.
 * @param settings How it writes.
 * @param file The file, and how it is kept.
 * @returns The log; disposing of it waits a moment for its last lines.
 * @throws {DariError} Why the file cannot be opened.
 */
export async function openFileLog(
  writer: LineWriter,
  settings: LogSettings,
  { path, ...options }: LogFileSettings,
): Promise<OpenLog> {
  const aside = openLog(writer, settings);
  const file = await LogFile.open(path, {
    ...options,
    tell: (line, level) => aside.write(level, line),
  });
  const queue = queueOf(file, settings, limits.logBatchBytes);
  return {
    ...logOver(queue, settings),
    reopen: () => file.reopen(),
    async [Symbol.asyncDispose]() {
      await queue.flush();
      const { unwritten: count } = queue;
      queue.abandon();
      if (count > 0) aside.write("error", "log lines were lost", { file: path, count });
      file[Symbol.dispose]();
      await aside[Symbol.asyncDispose]();
    },
  };
}

function queueOf(
  writer: LineWriter,
  { format }: LogSettings,
  batchBytes: number,
): LineQueue {
  const lineOfDropped = (count: number): string => {
    let text = "";
    createLog((line) => text = line, systemClock, format)
      .write("warn", "log lines were dropped", { count });
    return text;
  };
  return new LineQueue(writer, lineOfDropped, { batchBytes });
}

function logOver(queue: LineQueue, { format, level }: LogSettings): OpenLog {
  const direct = createLog((line) => queue.add(line), systemClock, format, level);
  // At debug every call is wanted, however many there are.
  const log = level === "debug" ? direct : limitRepeats(direct);
  return {
    write: log.write,
    add: (line) => queue.add(line),
    reopen: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => queue.flush(),
  };
}
