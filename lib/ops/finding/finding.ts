/**
 * One thing that is wrong, as `dari scan` and `dari doctor` report it.
 *
 * @module
 */

import type { Severity } from "./severity.ts";
import { severities } from "./severity.ts";

/** What a rule of a report is about; its findings say what is wrong in a case. */
export interface Rule {
  /** How bad it is. */
  readonly severity: Severity;
  /** What it says, in a few words. */
  readonly title: string;
  /** Why it is bad, and what mends it. */
  readonly help: string;
}

/** One thing that is wrong. */
export interface Finding {
  /** The rule that it breaks. */
  readonly rule: string;
  /** How bad it is. */
  readonly severity: Severity;
  /** What is wrong, for a person. */
  readonly message: string;
  /** What mends it: a command to type, or what to change. */
  readonly remedy?: string;
}

/**
 * Sorts findings: the worst first, others as they came.
 *
 * @param findings The findings.
 *
 * @example
 * ```ts
 * import { worstFirst } from "./finding.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const sorted = worstFirst([
 *   { rule: "a", severity: "low", message: "…" },
 *   { rule: "b", severity: "high", message: "…" },
 * ]);
 * assertEquals(sorted.map(({ rule }) => rule), ["b", "a"]);
 * ```
 */
export function worstFirst(findings: readonly Finding[]): Finding[] {
  const rank = ({ severity }: Finding) => severities.indexOf(severity);
  return findings.toSorted((a, b) => rank(b) - rank(a));
}
