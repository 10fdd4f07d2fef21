/**
 * Durations as they are typed: `90s`, `15m`, `24h`, `90d`.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../base/limits/units.ts";

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: MINUTE_MS,
  h: HOUR_MS,
  d: DAY_MS,
};

/**
 * Reads a duration.
 *
 * @param text A number and its unit.
 * @param option The option that it was given to, for the message.
 * @returns Milliseconds.
 * @throws {DariError} `usage` when it is not a duration.
 */
export function parseDuration(text: string, option: string): number {
  const [, number, unit] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(text) ?? [];
  const factor = unit === undefined ? undefined : UNITS_MS[unit];
  if (number === undefined || factor === undefined) {
    throw new DariError(
      "usage",
      `--${option} is "${text}"; write for instance 90s, 15m, 24h or 90d`,
    );
  }
  return Math.round(Number(number) * factor);
}
