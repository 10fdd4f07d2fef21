/**
 * Which answers came late, or told of a failure: what kept a cluster from being well.
 *
 * @module
 */

import type { Answer } from "./work/work.ts";

/** A write that takes longer was not served in time. */
const IN_TIME_MS = 1_000;
/** So many reasons are told. */
const SHOWN = 6, LETTERS = 80;

/**
 * Whether an answer came in time, and what was wanted was done.
 *
 * @param answer The answer.
 */
export function isInTime({ failure, invokedAtMs, returnedAtMs }: Answer): boolean {
  return failure === undefined && returnedAtMs - invokedAtMs < IN_TIME_MS;
}

/**
 * Says what was late in a while, the most frequent first.
 *
 * @param answers All answers.
 * @param fromMs When the while began.
 * @param toMs When it ended.
 * @returns Such as `3 of 900 (2 sessions at 1 late, 1 calls: unavailable: …)`.
 */
export function lateBetween(answers: readonly Answer[], fromMs: number, toMs: number): string {
  const meant = answers.filter(({ returnedAtMs }) => returnedAtMs >= fromMs && returnedAtMs < toMs);
  const late = meant.filter((answer) => !isInTime(answer));
  const counts = [...Map.groupBy(late, nameOf)].map(([name, { length }]) => [name, length] as const)
    .toSorted(([, one], [, other]) => other - one);
  const reasons = counts.slice(0, SHOWN).map(([name, count]) =>
    `${count} ${name.slice(0, LETTERS)}`
  ).join(", ");
  return `${late.length} of ${meant.length}${reasons === "" ? "" : ` (${reasons})`}`;
}

function nameOf({ work, server, failure = "late" }: Answer): string {
  return `${work}${server === undefined ? "" : ` at ${server}`} ${failure}`;
}
