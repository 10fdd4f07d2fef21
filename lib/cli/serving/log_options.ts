/**
 * Where `dari serve` writes its log, and how.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { LOG_FORMATS, LOG_LEVELS } from "../../ops/log.ts";
import { type LogSettings, openFileLog, type OpenLog, openLog } from "../../ops/open_log.ts";
import type { Io } from "../app/command.ts";
import { option, type Options, type ValuesOf } from "../app/option.ts";
import { formatSize, size } from "../app/size.ts";
import { choice, file, wholeNumber } from "../app/value_type.ts";

/** The options of the log. */
export const logOptions = {
  log: option(
    choice("FORMAT", LOG_FORMATS),
    "the format of the log (default: text on a terminal; json elsewhere and with --json)",
  ),
  "log-level": option(choice("LEVEL", LOG_LEVELS), "the lowest level that is logged", {
    default: "info",
  }),
  "log-file": option(file(), "write the log to this file (mode 0600), not to standard error"),
  "log-file-size": option(size(limits.minLogFileBytes), "put --log-file aside at this size", {
    default: formatSize(limits.logFileBytes),
  }),
  "log-files": option(
    wholeNumber(0),
    "how many of those that were put aside are kept; with 0 none is put aside",
    { default: String(limits.logFilesKept) },
  ),
} satisfies Options;

/** A paragraph of `--help`. */
export const logNote =
  "With --log-file FILE the log goes on in FILE, and FILE.1 is the newest of those put aside. FILE may be " +
  "moved away by another program, such as logrotate with --log-files 0: the next line or SIGHUP begins " +
  "a new one. While FILE cannot be written the server goes on, and standard error says why.";

/** What the user said of the log. */
type LogChoice = ValuesOf<typeof logOptions> & { readonly json: boolean };

/**
 * How the log is written: for a person on a terminal, and for programs elsewhere.
 *
 * @param options What the user said.
 * @param io Whether standard error is a terminal.
 */
export function logSettingsOf(options: LogChoice, io: Pick<Io, "status">): LogSettings {
  // A status line is shown on a terminal alone.
  const isTerminal = io.status !== undefined && options["log-file"] === undefined;
  const format = options.log ?? (isTerminal && !options.json ? "text" : "json");
  return { format, level: options["log-level"] };
}

/**
 * Opens the log.
 *
 * @param options What the user said.
 * @param io Standard error, for the log or for what is wrong with its file.
 * @param settings How it is written.
 * @throws {DariError} Why its file cannot be opened; `usage` where too many are to be kept.
 */
export async function openServerLog(
  options: LogChoice,
  io: Pick<Io, "log">,
  settings: LogSettings,
): Promise<OpenLog> {
  const { "log-file": path, "log-file-size": maxBytes, "log-files": keep } = options;
  if (path === undefined) return openLog(io.log, settings);
  if (keep > limits.maxLogFilesKept) {
    throw new DariError("usage", `--log-files is at most ${limits.maxLogFilesKept}, not ${keep}`);
  }
  return await openFileLog(io.log, settings, { path, maxBytes, keep });
}
