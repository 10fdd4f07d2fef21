/**
 * The language in which the command line speaks.
 *
 * @module
 */

import type { Io } from "../app/command.ts";

/** English or Korean. */
export type Language = "en" | "ko";

/** A text in each language. */
export type Text = Readonly<Record<Language, string>>;

/**
 * The language of the locale. LC_ALL wins over LANG (POSIX, Base Definitions 8.2).
 *
 * @param io Gives the environment.
 * @returns `ko` where the locale is Korean, else `en`.
 */
export function languageOf({ env }: Pick<Io, "env">): Language {
  return /^ko(?![a-z])/i.test(env("LC_ALL") || env("LANG") || "") ? "ko" : "en";
}
