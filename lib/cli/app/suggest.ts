/**
 * What somebody may have meant by a name that does not exist.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type { CommandTable } from "./command.ts";

/**
 * How many letters have to be added, left out, replaced or swapped with their neighbour to make one
 * word of another: the optimal string alignment distance.
 *
 * @param from A word.
 * @param to Another word.
 * @returns 0 for the same word.
 *
 * @example
 * ```ts
 * import { editDistance } from "./suggest.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(editDistance("serev", "serve"), 1);
 * ```
 */
export function editDistance(from: string, to: string): number {
  const a = Array.from(from);
  const b = Array.from(to);
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (const [i, letter] of a.entries()) {
    const row = [i + 1];
    for (const [j, other] of b.entries()) {
      const replaced = last[j]! + (letter === other ? 0 : 1);
      const isSwap = i > 0 && j > 0 && letter === b[j - 1] && a[i - 1] === other;
      const swapped = isSwap ? beforeLast[j - 1]! + 1 : Infinity;
      row.push(Math.min(replaced, last[j + 1]! + 1, row[j]! + 1, swapped));
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length]!;
}

/**
 * Finds the name that was probably meant.
 *
 * @param word What was typed.
 * @param names The names that exist.
 * @returns One that goes on where the word ends, `password-stdin` for `password`; else the nearest,
 * where it is near: a third of its letters may differ.
 */
export function nearest(word: string, names: Iterable<string>): string | undefined {
  if (word.length > limits.maxSuggestedLength) return undefined;
  const typed = word.toLowerCase();
  const all = [...names];
  const longer = all.find((name) => typed !== "" && name.startsWith(`${typed}-`));
  if (longer !== undefined) return longer;
  let best: string | undefined;
  let least = Infinity;
  for (const name of all) {
    if (name.length > limits.maxSuggestedLength) continue;
    const distance = editDistance(typed, name.toLowerCase());
    if (distance > Math.max(1, Math.floor(name.length / 3)) || distance >= least) continue;
    // One letter for another is no slip of the finger.
    if (distance >= name.length) continue;
    [best, least] = [name, distance];
  }
  return best;
}

/**
 * Finds the command that was probably meant.
 *
 * @param first The first word that was typed.
 * @param second The word behind a noun that exists.
 * @param table All commands.
 * @returns For instance `user add`, or `cert` where only the noun is near.
 */
export function nearestCommand(
  first: string,
  second: string | undefined,
  table: CommandTable,
): string | undefined {
  const names = Object.keys(table);
  if (second !== undefined) {
    const verbs = names.filter((name) => name.startsWith(`${first} `));
    const verb = nearest(second, verbs.map((name) => name.slice(first.length + 1)));
    return verb === undefined ? undefined : `${first} ${verb}`;
  }
  const heads = new Set([...names.map((name) => name.split(" ")[0] ?? ""), "help", "version"]);
  const head = nearest(first, heads);
  if (head !== undefined) return head;
  // The verb alone, as in `dari issue`.
  return names.find((name) => name.split(" ")[1] === first);
}
