/**
 * What a campaign showed, a row for each fault.
 *
 * @module
 */

import type { Column } from "../../bench/report.ts";
import type { RoundResult } from "./round.ts";

/** The columns. */
export const columns: readonly Column[] = [
  { title: "fault", left: true },
  { title: "rounds" },
  { title: "others ms" },
  { title: "back ms" },
  { title: "answers" },
  { title: "failed" },
  { title: "revoked ms" },
  { title: "broken" },
];

/**
 * The rows.
 *
 * @param results The rounds.
 */
export function rowsOf(results: readonly RoundResult[]): string[][] {
  return [...Map.groupBy(results, ({ fault }) => fault)].map(([fault, rounds]) => {
    const of = (figure: (result: RoundResult) => number) => rounds.map(figure);
    const sum = (figures: readonly number[]) => figures.reduce((total, each) => total + each, 0);
    return [
      fault,
      `${rounds.length}`,
      spread(of(({ othersMs }) => othersMs)),
      spread(of(({ backMs }) => backMs)),
      `${sum(of(({ answers }) => answers))}`,
      `${sum(of(({ failures }) => sum(Object.values(failures))))}`,
      `${Math.round(Math.max(...of(({ revokedMs }) => revokedMs)))}`,
      `${sum(of(({ broken }) => broken.length))}`,
    ];
  });
}

/** The least, the middle and the most. */
function spread(figures: readonly number[]): string {
  const sorted = figures.toSorted((one, other) => one - other).map(Math.round);
  return [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)].join(" · ");
}
