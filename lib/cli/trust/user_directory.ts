/**
 * Where a user's own settings are: which servers are trusted, and which one is used by default.
 *
 * @see {@link https://specifications.freedesktop.org/basedir-spec/latest/ | XDG Base Directory}
 * @module
 */

import { DariError } from "../../base/errors.ts";
import type { Io } from "../app/command.ts";

/**
 * The user's directory, whether it is there or not.
 *
 * @param io The environment.
 * @returns `$XDG_CONFIG_HOME/dari`, else `~/.config/dari`; `undefined` where there is neither.
 */
export function userDirectoryOf(io: Pick<Io, "env">): string | undefined {
  const config = io.env("XDG_CONFIG_HOME");
  // A relative path is not one, the specification says.
  if (config?.startsWith("/")) return `${config.replace(/\/+$/, "")}/dari`;
  const home = io.env("HOME");
  return home?.startsWith("/") ? `${home.replace(/\/+$/, "")}/.config/dari` : undefined;
}

/**
 * The user's directory, for what is to be kept in it.
 *
 * @param io The environment.
 * @throws {DariError} `configuration` where the environment names none.
 */
export function neededUserDirectory(io: Pick<Io, "env">): string {
  const directory = userDirectoryOf(io);
  if (directory !== undefined) return directory;
  throw new DariError(
    "configuration",
    "There is no place to keep this: set HOME or XDG_CONFIG_HOME to an absolute path",
  );
}
