/**
 * The table of the messages benchmark: one block a scenario, and what dari misses.
 *
 * @module
 */

import { type Column, formatMiB, formatRate, layOut } from "../report.ts";
import type { MessagesFigure, MessagesFound } from "./figures.ts";

/**
 * The figures as a table.
 *
 * @param found What was measured, each scenario's figures together.
 */
export function describeMessages({ figures, versions, skipped }: MessagesFound): string[] {
  const scenarios = Map.groupBy(figures, ({ scenario }) => scenario);
  return [
    ...Object.entries(versions).map(([name, version]) => `${name}: ${version}`),
    ...skipped,
    "",
    ...[...scenarios].flatMap(([name, group]) => [...describe(name, group), ""]),
  ];
}

function describe(scenario: string, group: readonly MessagesFigure[]): string[] {
  const isTimed = group.some(({ p99Ms }) => !Number.isNaN(p99Ms));
  const isCompared = group.some(({ cpuBy }) => cpuBy !== undefined);
  const titles = [
    ...["a second", "by BullMQ", "by JetStream", "CPU µs", "RSS"],
    ...(isTimed ? ["p50 ms", "p99 ms"] : []),
    ...(isCompared ? ["CPU by 1,000"] : []),
    ...(group[0]?.extras.map(({ title }) => title) ?? []),
  ];
  const columns: Column[] = [
    { title: scenario, left: true },
    ...titles.map((title) => ({ title })),
    { title: "", left: true },
  ];
  const rows = group.map((figure) => [
    figure.contestant,
    formatRate(figure.rate),
    figure.byBullmq?.toFixed(2) ?? "",
    figure.byJetstream?.toFixed(2) ?? "",
    figure.cpuUs.toFixed(1),
    formatMiB(figure.rssBytes),
    ...(isTimed ? [figure.p50Ms.toFixed(1), figure.p99Ms.toFixed(1)] : []),
    ...(isCompared ? [figure.cpuBy?.toFixed(2) ?? ""] : []),
    ...figure.extras.map(({ text }) => text),
    figure.missed.join(", "),
  ]);
  return layOut(columns, rows);
}
