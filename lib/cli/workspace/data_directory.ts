/**
 * Where a command keeps its data and how it reaches the server that uses it.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type { Io } from "../app/command.ts";
import { option, type Options } from "../app/option.ts";
import { directory } from "../app/value_type.ts";

/** The option of every command that uses a data directory. */
export const dataOptions = {
  data: option(directory, `the data directory (default $DARI_DATA or ./${limits.dataDirectory})`),
} satisfies Options;

/** What the user typed for {@linkcode dataOptions}. */
export interface DataChoice {
  /** The directory; undefined where `DARI_DATA` or the default counts. */
  readonly data: string | undefined;
}

/**
 * The data directory of a command.
 *
 * @param choice What the user typed; it wins.
 * @param io The environment; `DARI_DATA` comes next, and counts as unset where it is empty.
 * @returns Its path.
 */
export function dataDirectoryOf(choice: DataChoice, io: Io): string {
  return choice.data ?? (io.env("DARI_DATA") || limits.dataDirectory);
}
