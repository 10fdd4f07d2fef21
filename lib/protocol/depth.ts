/**
 * Finds messages that nest too deep. Most messages are too short to, and cost almost nothing.
 *
 * @module
 */

/**
 * Whether a JSON text nests deeper than allowed. A text with at most `maxDepth` opening brackets
 * cannot, and counting them is nearly free; only other texts are searched value by value.
 *
 * @param text The JSON text.
 * @param value The value that was parsed from it.
 * @param maxDepth How many levels are allowed: `1` has none, `[1]` has one.
 * @returns Whether it has more levels.
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
