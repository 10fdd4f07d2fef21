/**
 * Those whose name an `--only` names.
 *
 * @module
 */

/**
 * Chooses by parts of names.
 *
 * @param all Everyone.
 * @param only Names, or parts of them.
 * @returns Those that are named; all where none of them is.
 */
export function choose<T extends { name: string }>(
  all: readonly T[],
  only: readonly string[],
): T[] {
  const chosen = all.filter(({ name }) => only.some((part) => name.includes(part)));
  return chosen.length === 0 ? [...all] : chosen;
}
