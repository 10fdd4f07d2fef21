/**
 * The table of the IPC benchmark: one block a scenario, a `<` where dari misses its goal.
 *
 * @module
 */

import { formatMiB, formatRate, layOut } from "../report.ts";
import type { IpcFigure } from "./statistics.ts";

/**
 * The figures as a table.
 *
 * @param figures Of all scenarios, each scenario's together.
 */
export function describeIpc(figures: readonly IpcFigure[]): string[] {
  const scenarios = Map.groupBy(figures, ({ scenario }) => scenario);
  return [...scenarios].flatMap(([name, group]) => {
    const columns = [
      { title: name, left: true },
      { title: "a second" },
      { title: "dari by it" },
      { title: "", left: true },
      { title: "CPU µs" },
      { title: "RSS before" },
      { title: "after" },
      { title: "peak" },
    ];
    const rows = group.map((figure) => [
      figure.contestant,
      formatRate(figure.rate),
      figure.ratio?.toFixed(2) ?? "",
      isMissed(figure) ? `< ${figure.goal}` : "",
      figure.cpuUs.toFixed(2),
      formatMiB(figure.rssBytesBefore),
      formatMiB(figure.rssBytes),
      formatMiB(figure.peakRssBytes),
    ]);
    return [...layOut(columns, rows), ""];
  });
}

function isMissed({ ratio, goal }: IpcFigure): boolean {
  return ratio !== undefined && goal !== undefined && ratio < goal;
}
