/**
 * Sizes as they are typed: `64KiB`, `10MiB`, `1GiB`.
 *
 * @module
 */

import { KiB, MiB } from "../../base/limits/units.ts";
import type { ValueType } from "./value_type.ts";

const UNITS: Readonly<Record<string, number>> = { GiB: KiB * MiB, MiB, KiB };

/**
 * A size in bytes.
 *
 * @param minimum The smallest that is taken, in bytes.
 */
export function size(minimum: number): ValueType<number> {
  return {
    placeholder: "SIZE",
    expects: `a size from ${formatSize(minimum)}, such as 10MiB or 1GiB`,
    completes: "nothing",
    parse(text) {
      const [, number, unit] = /^(\d{1,6}(?:\.\d{1,3})?)(KiB|MiB|GiB)$/.exec(text) ?? [];
      const factor = unit === undefined ? undefined : UNITS[unit];
      if (number === undefined || factor === undefined) return undefined;
      const bytes = Math.round(Number(number) * factor);
      return bytes >= minimum ? bytes : undefined;
    },
  };
}

/**
 * Writes a size.
 *
 * @param bytes The size, a multiple of 1 KiB.
 * @returns Text that {@linkcode size} reads back, in the largest unit that fits.
 */
export function formatSize(bytes: number): string {
  const [unit, factor] = Object.entries(UNITS).find(([, factor]) => bytes % factor === 0) ??
    ["KiB", KiB];
  return `${bytes / factor}${unit}`;
}
