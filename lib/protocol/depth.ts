/**
 * How deep a message nests, found without paying for it where it cannot be deep.
 *
 * @module
 */

/**
 * Whether a JSON text nests deeper than allowed. Counting openers is nearly free and settles most
 * texts; only those with more openers than levels are looked at value by value.
 *
 * @param text The JSON text that `value` was parsed from.
 * @param value What it holds.
 * @param maxDepth How many levels are allowed; a number is at level 0, `[1]` is one level deep.
 * @returns Whether there are more.
 */
export function nestsDeeperThan(text: string, value: unknown, maxDepth: number): boolean {
  if (text.length <= 2 * maxDepth) return false;
  let openers = 0;
  for (const opener of ["[", "{"]) {
    for (let at = text.indexOf(opener); at >= 0; at = text.indexOf(opener, at + 1)) {
      if (++openers > maxDepth) return isDeeper(value, maxDepth);
    }
  }
  return false;
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels === 0) return true;
  if (Array.isArray(value)) {
    for (const item of value) if (isDeeper(item, levels - 1)) return true;
    return false;
  }
  for (const key in value) {
    if (isDeeper((value as Record<string, unknown>)[key], levels - 1)) return true;
  }
  return false;
}
