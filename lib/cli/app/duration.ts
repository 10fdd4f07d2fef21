/**
 * Durations as they are typed: `90s`, `15m`, `24h`, `90d`.
 *
 * @module
 */

import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../base/limits/units.ts";

const UNITS_MS: Readonly<Record<string, number>> = {
  d: DAY_MS,
  h: HOUR_MS,
  m: MINUTE_MS,
  s: 1_000,
  ms: 1,
};

/**
 * Reads a duration.
 *
 * @param text A number and its unit.
 * @returns Milliseconds, or `undefined` where the text is no duration.
 */
export function parseDuration(text: string): number | undefined {
  const [, number, unit] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(text) ?? [];
  const factor = unit === undefined ? undefined : UNITS_MS[unit];
  return number === undefined || factor === undefined
    ? undefined
    : Math.round(Number(number) * factor);
}

/**
 * Writes a duration.
 *
 * @param ms Milliseconds, a whole number.
 * @returns Text that {@linkcode parseDuration} reads back, in the largest unit that fits.
 */
export function formatDuration(ms: number): string {
  const [unit = "ms", factor = 1] =
    Object.entries(UNITS_MS).find(([, factor]) => ms >= factor && ms % factor === 0) ?? [];
  return `${ms / factor}${unit}`;
}
