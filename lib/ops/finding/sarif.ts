/**
 * Findings in the form that code hosts and editors read (SARIF 2.1.0).
 *
 * @see {@link https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html | SARIF 2.1.0}
 * @module
 */

import { VERSION } from "../../base/version.ts";
import type { Finding, Rule } from "./finding.ts";
import type { Severity } from "./severity.ts";

/** SARIF has three levels, and "none" is what is no problem. */
const levels: Readonly<Record<Severity, "note" | "warning" | "error">> = {
  info: "note",
  low: "note",
  medium: "warning",
  high: "error",
  critical: "error",
};

/** GitHub sorts by a number: over 9 is critical, from 7 high, from 4 medium, below that low. */
const securitySeverities: Readonly<Record<Severity, string>> = {
  info: "0.0",
  low: "2.0",
  medium: "5.0",
  high: "8.0",
  critical: "9.5",
};

/** What findings are about. */
export interface SarifSubject {
  /** The program's part that looked: `dari scan`. */
  readonly tool: string;
  /** What was looked at, as a URI. */
  readonly uri: string;
  /** Every rule that could have been broken, by its name. */
  readonly rules: Readonly<Record<string, Rule>>;
  /** Whether everything was looked at. */
  readonly isComplete: boolean;
}

/**
 * Writes findings as a SARIF log of one run.
 *
 * @param findings The findings.
 * @param subject What they are about.
 * @returns A value for `JSON.stringify`.
 *
 * @example
 * ```ts
 * import { toSarif } from "./sarif.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const rules = { old: { severity: "low", title: "Old", help: "Renew it." } } as const;
 * const subject = { tool: "dari scan", uri: "tls://localhost:443", rules, isComplete: true };
 * const log = toSarif([{ rule: "old", severity: "low", message: "It is old." }], subject);
 * assertEquals(log.runs[0]?.results[0]?.level, "note");
 * ```
 */
export function toSarif(findings: readonly Finding[], subject: SarifSubject) {
  const ids = Object.keys(subject.rules);
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [{
      tool: {
        driver: {
          name: subject.tool,
          version: VERSION,
          rules: ids.map((id) => describeRule(id, subject.rules[id]!)),
        },
      },
      invocations: [{ executionSuccessful: subject.isComplete }],
      results: findings.map(({ rule, severity, message, remedy }) => ({
        ruleId: rule,
        ruleIndex: ids.indexOf(rule),
        level: levels[severity],
        message: { text: remedy === undefined ? message : `${message} ${remedy}` },
        locations: [{ physicalLocation: { artifactLocation: { uri: subject.uri } } }],
        partialFingerprints: { "ruleAndPlace/v1": `${rule}:${subject.uri}` },
      })),
    }],
  };
}

function describeRule(id: string, { title, help, severity }: Rule) {
  return {
    id,
    shortDescription: { text: title },
    help: { text: help },
    defaultConfiguration: { level: levels[severity] },
    properties: { "security-severity": securitySeverities[severity], tags: ["security"] },
  };
}
