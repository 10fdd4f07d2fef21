/**
 * How bad a finding is.
 *
 * @module
 */

/** From what is good to know to what lets somebody in. */
export const severities = ["info", "low", "medium", "high", "critical"] as const;

/** How bad a finding is. */
export type Severity = typeof severities[number];

/**
 * Whether one is as bad as another, or worse.
 *
 * @param severity The one.
 * @param least The other.
 *
 * @example
 * ```ts
 * import { isAtLeast } from "./severity.ts";
 * import { assert } from "@std/assert";
 *
 * assert(isAtLeast("high", "medium") && !isAtLeast("low", "medium"));
 * ```
 */
export function isAtLeast(severity: Severity, least: Severity): boolean {
  return severities.indexOf(severity) >= severities.indexOf(least);
}
