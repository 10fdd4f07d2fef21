/**
 * Numbers as people read them at a glance: three digits, and a unit.
 *
 * @module
 */

import { DAY_MS, HOUR_MS, KiB, MINUTE_MS } from "../../base/limits/units.ts";

const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** Writes a count, or how many there are a second: `0`, `0.25`, `12`, `1,234`. */
export function formatCount(count: number): string {
  if (count === 0 || count >= 10) return Math.round(count).toLocaleString("en-US");
  return count.toFixed(count < 1 ? 2 : 1).replace(/\.?0+$/, "");
}

/** Writes bytes: `12 B`, `1.5 MiB`. */
export function formatBytes(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= KiB && unit < BYTE_UNITS.length - 1) {
    value /= KiB;
    unit++;
  }
  return `${value >= 10 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${BYTE_UNITS[unit]}`;
}

/** Writes milliseconds: `0.04 ms`, `12 ms`, `1.5 s`; `-` for none. */
export function formatMs(ms: number | null): string {
  if (ms === null) return "-";
  if (ms >= 1_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${ms >= 10 ? Math.round(ms) : ms.toFixed(ms < 1 ? 2 : 1)} ms`;
}

/** Writes how long something has gone on, in its two largest units: `3d 4h`, `5m 10s`. */
export function formatAge(ms: number): string {
  const units: [string, number][] = [["d", DAY_MS], ["h", HOUR_MS], ["m", MINUTE_MS], ["s", 1_000]];
  const first = Math.max(0, units.findIndex(([, factor]) => ms >= factor));
  if (ms < 1_000) return "0s";
  let left = ms;
  return units.slice(first, first + 2).map(([unit, factor]) => {
    const count = Math.floor(left / factor);
    left -= count * factor;
    return `${count}${unit}`;
  }).filter((part, at) => at === 0 || !part.startsWith("0")).join(" ");
}
