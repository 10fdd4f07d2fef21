/**
 * Patterns of methods' names, with which roles and scopes allow and deny.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";

/** A pattern, parsed. */
export interface Pattern {
  /** As it was written. */
  readonly text: string;
  /** Whether it allows; otherwise it denies. */
  readonly allows: boolean;
  /** A method's name or, of an open pattern, the beginning of names. */
  readonly name: string;
  /** Whether it covers all names that begin with `name`. */
  readonly open: boolean;
}

/** A name, or the beginning of names and `*`; `!` alone would deny nothing. */
const PATTERN = /^(?:!?[^\s*!"]+\*?|!?\*)$/u;

/**
 * Says whether a text is a pattern.
 *
 * @param text Any value, as it came from a policy or a caller.
 * @returns Whether {@linkcode parsePattern} takes it.
 */
export function isPattern(text: unknown): text is string {
  return typeof text === "string" && PATTERN.test(text);
}

/**
 * Says what is wrong with a list of patterns.
 *
 * @param list The list.
 * @returns What to say of it; `null` where nothing is wrong.
 */
export function patternsProblem(list: unknown): string | null {
  if (!Array.isArray(list)) return "must be a list of patterns";
  const bad: unknown = list.find((each) => !isPattern(each));
  return bad === undefined
    ? null
    : `has ${
      JSON.stringify(bad)
    }, which is no pattern; write a method's name, "reports.*" or "!name"`;
}

/**
 * Parses a pattern.
 *
 * @param text The text.
 * @param where The part of the policy that it stands in, for the message: `role "user"`.
 * @returns The pattern.
 * @throws {DariError} `configuration` when it is malformed.
 */
export function parsePattern(text: string, where: string): Pattern {
  if (!isPattern(text)) {
    throw new DariError(
      "configuration",
      `${where} has the pattern ${
        JSON.stringify(text)
      }; write a method's name, "reports.*" or "!name"`,
    );
  }
  const allows = !text.startsWith("!");
  const open = text.endsWith("*");
  return { text, allows, open, name: text.slice(allows ? 0 : 1, open ? -1 : undefined) };
}

/**
 * Finds the pattern that decides: a denial before all others, else the first that allows.
 *
 * @param patterns The patterns.
 * @param method The method's name.
 * @param onlyByName Whether only a pattern that is the whole name allows; open ones still deny.
 * @returns The pattern, or `undefined` where none covers the method.
 */
export function matching(
  patterns: readonly Pattern[],
  method: string,
  onlyByName: boolean,
): Pattern | undefined {
  const matches = patterns.filter(({ name, open, allows }) =>
    open ? method.startsWith(name) && !(onlyByName && allows) : method === name
  );
  return matches.find((pattern) => !pattern.allows) ?? matches[0];
}

/**
 * Refuses scopes that cannot be patterns.
 *
 * @param scopes Names of scopes, or patterns.
 * @throws {DariError} `invalid_params` on a malformed one.
 */
export function checkScopes(scopes: readonly string[]): void {
  for (const scope of scopes) {
    if (!isPattern(scope)) {
      throw new DariError(
        "invalid_params",
        `Scope ${JSON.stringify(scope)} is not a pattern; write a method's name or "reports.*"`,
      );
    }
  }
}
