/**
 * Points in time as text.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc3339 | RFC 3339}, section 5.6
 * @module
 */

// With the years of six digits that toISOString writes before 0000 and after 9999.
const DATE_TIME =
  /^(\d{4}|[+-]\d{6})-(\d\d)-(\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/**
 * Reads a point in time.
 *
 * @param text A `date-time` of RFC 3339, or what `toISOString` writes.
 * @returns The time; `undefined` where the text is none, for instance on February 30.
 *
 * @example
 * ```ts
 * import { parseDateTime } from "./date_time.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseDateTime("2026-01-01T02:00:00+02:00"), new Date("2026-01-01T00:00:00.000Z"));
 * assertEquals(parseDateTime("2026-02-30T00:00:00Z"), undefined);
 * ```
 */
export function parseDateTime(text: string): Date | undefined {
  const [, year, month, day] = DATE_TIME.exec(text) ?? [];
  if (year === undefined) return undefined;
  // The runtime takes day 30 and 31 of every month, as days of the next one.
  const midnight = new Date(`${year}-${month}-${day}T00:00:00Z`);
  if (midnight.getUTCDate() !== Number(day)) return undefined;
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
