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

/**
 * Which of some modules a text uses, by the name that stands in front of a dot.
 *
 * @param text The text of a program.
 * @param modules Modules: `json`, `crypto/tls`.
 * @returns Those that it uses, sorted.
 */
export function usedModules(text: string, modules: Iterable<string>): string[] {
  const used = new Set(Array.from(text.matchAll(/\b([a-z][a-z0-9]*)\./g), ([, name]) => name));
  return [...modules].filter((module) => used.has(module.split("/").at(-1))).sort();
}
