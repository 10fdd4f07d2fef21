/**
 * Where a command keeps its data and how it reaches the server that uses it.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type { Arguments, Io } from "./command.ts";

/**
 * The data directory of a command.
 *
 * @param args What the user typed; `--data` wins.
 * @param io The environment; `DARI_DATA` comes next.
 * @returns Its path.
 */
export function dataDirectoryOf(args: Arguments, io: Io): string {
  return args.option("data") ?? io.env("DARI_DATA") ?? limits.dataDirectory;
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
