/**
 * What ran on the servers.
 *
 * @module
 */

/** How long a call of a slow server takes, in milliseconds. */
export const SLOW_MS = 1_000;

/** What ran, of all servers together. */
export interface Effects {
  /** How often each call ran. */
  readonly runs: ReadonlyMap<number, number>;
  /** How many of them were tries behind the first, as far as servers were told. */
  readonly retried: number;
}

/**
 * Reads what ran.
 *
 * @param texts The file `effects` of each server: a number a line, with `r` behind it where the server
 * was told that it is not the first try.
 */
export function effectsOf(texts: readonly string[]): Effects {
  const runs = new Map<number, number>();
  let retried = 0;
  for (const line of texts.flatMap((text) => text.split("\n"))) {
    if (line === "") continue;
    if (line.endsWith("r")) retried++;
    const n = Number.parseInt(line);
    runs.set(n, (runs.get(n) ?? 0) + 1);
  }
  return { runs, retried };
}
