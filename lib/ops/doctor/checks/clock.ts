/**
 * Whether the clock stands before what has happened already.
 *
 * @module
 */

import { limits } from "../../../base/limits.ts";
import { broken, type Check } from "../patient/check.ts";

const rules = {
  "clock-behind": {
    severity: "high",
    title: "The clock is behind",
    help: "Set it, and let it be kept: timedatectl set-ntp true",
  },
} as const;

/** The clock. */
export const clock: Check<keyof typeof rules> = {
  subject: "clock",
  rules,
  look: ({ nowMs, files, certificates }) => {
    const events = [
      ...files.map(({ path, changedAtMs }) => [`"${path}" was changed`, changedAtMs] as const),
      ...certificates.map(({ place, notBeforeMs }) => [`${place} begins`, notBeforeMs] as const),
    ].map(([what, atMs]) => ({ what, atMs: atMs ?? -Infinity }));
    const last = events.reduce(
      (latest, event) => event.atMs > latest.atMs ? event : latest,
      { what: "", atMs: -Infinity },
    );
    if (last.atMs <= nowMs + limits.clockToleranceMs) return [];
    const [now, then] = [nowMs, last.atMs].map((ms) => new Date(ms).toISOString());
    return [broken(rules, "clock-behind", `The clock says ${now}, but ${last.what} on ${then}.`)];
  },
};
