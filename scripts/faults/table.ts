/**
 * The table of all rounds, and what dari has to reach in it.
 *
 * @module
 */

import type { Column } from "../bench/report.ts";
import type { Verdict } from "./judge.ts";

/** What dari has to reach, whatever fails. */
export const GOALS = { lost: 0, ranTwice: 0, untrue: 0, recoveryMs: 2_000, retries: 0.2 };

/** The headings. */
export const columns: readonly Column[] = [
  { title: "fault", left: true },
  { title: "", left: true },
  { title: "calls" },
  { title: "idempotent lost" },
  { title: "others failed" },
  { title: "others run twice" },
  { title: "answered, not run" },
  { title: "recovery ms" },
  { title: "retries %" },
  { title: "p99 before ms" },
  { title: "p99 ms" },
];

/**
 * Writes one round.
 *
 * @param scenario What failed.
 * @param contestant Who was put to it.
 * @param verdict What it showed.
 * @returns A text for each heading.
 */
export function rowOf(
  scenario: { readonly name: string },
  contestant: { readonly name: string },
  verdict: Verdict,
): string[] {
  const { calls, lost, failed, ranTwice, untrue, recoveryMs, retries } = verdict;
  return [
    scenario.name,
    contestant.name,
    ...[calls, lost, failed, ranTwice, untrue].map(String),
    recoveryMs.toFixed(0),
    (retries * 100).toFixed(2),
    verdict.p99BeforeMs.toFixed(1),
    verdict.p99Ms.toFixed(1),
  ];
}

/**
 * What a round falls short of.
 *
 * @param scenario What failed; no call at all may fail where that `isOrderly`.
 * @param verdict What it showed.
 * @returns A line each.
 */
export function shortfalls(
  { name, isOrderly = false }: { readonly name: string; readonly isOrderly?: boolean },
  verdict: Verdict,
): string[] {
  const most: Partial<Record<keyof Verdict, number>> = isOrderly ? { ...GOALS, failed: 0 } : GOALS;
  const lines: string[] = [];
  for (const [what, limit] of Object.entries(most)) {
    const value = verdict[what as keyof Verdict] as number;
    if (value > limit) lines.push(`${name}: ${what} is ${value}, at most ${limit} is wanted`);
  }
  if (lines.length > 0) lines.push(...verdict.reasons.map((reason) => `  ${reason}`));
  return lines;
}
