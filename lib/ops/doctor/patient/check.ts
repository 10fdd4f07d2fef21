/**
 * What a check of `dari doctor` is.
 *
 * @module
 */

import type { Finding, Rule } from "../../finding/finding.ts";
import type { Patient } from "./patient.ts";

/** A check: rules about one subject, and what looks whether they are kept. */
export interface Check<R extends string = string> {
  /** What is looked at, in a few words. */
  readonly subject: string;
  /** Its rules by name. */
  readonly rules: Readonly<Record<R, Rule>>;
  /**
   * Looks whether the rules are kept.
   *
   * @param patient What was read.
   * @returns What is wrong, or why that cannot be told; `undefined` where there is nothing to look at.
   */
  look(patient: Patient): readonly Finding[] | { readonly unlooked: string } | undefined;
}

/**
 * Makes a finding of a check's rule.
 *
 * @param rules The check's rules.
 * @param rule The rule that is broken.
 * @param message What is wrong.
 * @param remedy The command that mends it; what the rule says when left out.
 */
export function broken<R extends string>(
  rules: Readonly<Record<R, Rule>>,
  rule: R,
  message: string,
  remedy: string = rules[rule].help,
): Finding {
  return { rule, severity: rules[rule].severity, message, remedy };
}
