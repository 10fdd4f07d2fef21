/**
 * The part of a client that is the same for every document, as text.
 *
 * @module
 */

/** A file of `runtime/`, or all of them, cut into what comes first and the rest. */
export interface Runtime {
  /** What it imports: modules of the language's own library. */
  readonly imports: readonly string[];
  /** Its lines behind the imports. */
  readonly lines: readonly string[];
}

/**
 * The names that a runtime has at its top level.
 *
 * @param lines Its lines.
 * @param declaration Finds a declaration at the beginning of a line; its last group is the name.
 * @returns The names.
 */
export function declaredNames(lines: readonly string[], declaration: RegExp): Set<string> {
  const names = new Set<string>();
  for (const line of lines) {
    const name = declaration.exec(line)?.at(-1);
    if (name !== undefined) names.add(name);
  }
  return names;
}
