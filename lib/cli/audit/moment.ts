/**
 * A moment, as somebody types it.
 *
 * @module
 */

import { parseDuration } from "../app/duration.ts";
import type { ValueType } from "../app/value_type.ts";

/** A date, or a time before now: `2026-11-01`, `2026-11-01T12:00Z`, `24h`. It is read when it is used. */
export const moment: ValueType<(nowMs: number) => number> = {
  placeholder: "WHEN",
  expects: "a date such as 2026-11-01 or 2026-11-01T12:00Z, or a time before now such as 24h",
  completes: "nothing",
  parse(text) {
    const agoMs = parseDuration(text);
    if (agoMs !== undefined) return (nowMs) => nowMs - agoMs;
    const atMs = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : NaN;
    return Number.isNaN(atMs) ? undefined : () => atMs;
  },
};
