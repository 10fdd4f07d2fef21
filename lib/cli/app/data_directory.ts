/**
 * Where a command keeps its data and how it reaches the server that uses it.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Arguments, Io } from "./command.ts";

/**
 * The data directory of a command.
 *
 * @param args What the user typed; `--data` wins.
 * @param io The environment; `DARI_DATA` comes next, and counts as unset where it is empty.
 * @returns Its path.
 * @throws {DariError} `usage` when `--data` is empty: paths in it would begin at the root.
 */
export function dataDirectoryOf(args: Arguments, io: Io): string {
  const given = args.option("data");
  if (given === "") throw new DariError("usage", "--data names no directory; write one behind it");
  return given ?? (io.env("DARI_DATA") || limits.dataDirectory);
}

/**
 * The Unix socket of the server that uses a data directory.
 *
 * @param directory The data directory.
 * @returns Its path.
 */
export function socketOf(directory: string): string {
  return `${directory}/dari.sock`;
}
