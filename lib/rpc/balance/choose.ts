/**
 * The power of two choices.
 *
 * @see {@link https://www.eecs.harvard.edu/~michaelm/postscripts/mythesis.pdf | Mitzenmacher's thesis}
 * @module
 */

/** Something that calls are under way with. */
export interface Choice {
  /** How many calls are under way. */
  readonly outstanding: number;
}

/**
 * Chooses of two that are picked at random the one that has fewer calls under way.
 *
 * @param choices What there is to choose from.
 * @param random Gives numbers from 0 to less than 1.
 * @returns One of them; `undefined` where there is none.
 */
export function choose<C extends Choice>(
  choices: readonly C[],
  random: () => number,
): C | undefined {
  const count = choices.length;
  if (count < 2) return choices[0];
  const first = Math.floor(random() * count);
  let second = Math.floor(random() * (count - 1));
  if (second >= first) second++;
  const one = choices[first], other = choices[second];
  if (one === undefined || other === undefined) return choices[0];
  return one.outstanding <= other.outstanding ? one : other;
}
