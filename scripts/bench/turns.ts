/**
 * A loop that takes a core for as long as is wanted.
 *
 * @module
 */

/**
 * Measures how many turns of the loop take so long, on this machine at its fastest.
 *
 * @param ms How long, in milliseconds.
 */
export function turnsIn(ms: number): number {
  const turns = 1_000_000;
  let bestMs = Infinity;
  let sum = 0;
  for (let attempt = 0; attempt < 10; attempt++) {
    const start = performance.now();
    for (let turn = 0; turn < turns; turn++) sum = Math.imul(sum ^ turn, 0x9e3779b1);
    bestMs = Math.min(bestMs, performance.now() - start);
  }
  return Math.round(turns * ms / bestMs) + (sum & 0);
}
