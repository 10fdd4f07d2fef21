/**
 * What `dari top` shows.
 *
 * @module
 */

import { alignColumns, columnsOf, padColumns } from "../../base/text/columns.ts";
import type { Line } from "../app/line.ts";
import { formatAge, formatBytes, formatCount, formatMs } from "./numbers.ts";
import type { MethodRates, Rates } from "../../ops/metrics/rates.ts";

/** The head of the table; the first column is for text, the others for numbers. */
const HEAD = ["METHOD", "CALLS/S", "P50", "P90", "P99", "ERRORS/S"];

/**
 * Writes a page.
 *
 * @param rates What happened.
 * @param server The address of the server.
 * @param rows The most methods.
 * @returns Its lines.
 */
export function pageOf(rates: Rates, server: string, rows = Infinity): Line[] {
  return [
    [{ text: "dari top", style: "bold" }, `  ${headOf(rates, server)}`],
    trafficOf(rates),
    connectionsOf(rates),
    machineOf(rates),
    "",
    ...tableOf(rates.methods.slice(0, rows)),
    ...leftOut(rates.methods.length - rows),
  ];
}

function headOf({ version, threads, startedAtMs, atMs }: Rates, server: string): string {
  const more = threads > 1 ? `, ${threads} threads` : "";
  return `${server}  version ${version}, up ${formatAge(atMs - startedAtMs)}${more}`;
}

function trafficOf(rates: Rates): string {
  const { callsPerSecond, errorsPerSecond, active, waiting } = rates;
  const { bytesInPerSecond, bytesOutPerSecond } = rates;
  return [
    `calls ${formatCount(callsPerSecond)}/s`,
    `errors ${formatCount(errorsPerSecond)}/s`,
    `active ${active}`,
    `waiting ${waiting}`,
    `in ${formatBytes(bytesInPerSecond)}/s`,
    `out ${formatBytes(bytesOutPerSecond)}/s`,
  ].join("   ");
}

function connectionsOf({ connections, signInsPerSecond, failedSignInsPerSecond }: Rates): string {
  const open = Object.entries(connections).filter(([, count]) => count > 0);
  const all = open.reduce((sum, [, count]) => sum + count, 0);
  const kinds = open.length === 0
    ? ""
    : ` (${open.map(([name, count]) => `${name} ${count}`).join(", ")})`;
  return [
    `connections ${all}${kinds}`,
    `sign-ins ${formatCount(signInsPerSecond)}/s`,
    `failed ${formatCount(failedSignInsPerSecond)}/s`,
  ].join("   ");
}

function machineOf(rates: Rates): string {
  const { pool, eventLoopP99Ms, queueP99Ms, storeP99Ms, cores, residentBytes } = rates;
  return [
    `event loop ${formatMs(eventLoopP99Ms)}`,
    `queue ${formatMs(queueP99Ms)}`,
    `store ${formatMs(storeP99Ms)}`,
    ...(pool === null ? [] : [`pool ${pool.running}/${pool.workers}, ${pool.waiting} wait`]),
    `cores ${cores.toFixed(2)}`,
    `memory ${formatBytes(residentBytes)}`,
  ].join("   ");
}

function tableOf(methods: readonly MethodRates[]): Line[] {
  if (methods.length === 0) {
    return [{ text: "no calls", style: "dim" } as const].map((one) => [one]);
  }
  const rows = methods.map(({ method, perSecond, p50Ms, p90Ms, p99Ms, errors }) => [
    method,
    formatCount(perSecond),
    formatMs(p50Ms),
    formatMs(p90Ms),
    formatMs(p99Ms),
    Object.entries(errors).map(([code, rate]) => `${code} ${formatCount(rate)}`).join(", "),
  ]);
  const widths = HEAD.map((head, at) =>
    Math.max(...[head, ...rows.map((row) => row[at]!)].map(columnsOf))
  );
  const written = [HEAD, ...rows].map((row) =>
    row.map((cell, at) => {
      const isText = at === 0 || at === HEAD.length - 1;
      return isText ? padColumns(cell, widths[at]!) : alignColumns(cell, widths[at]!);
    }).join("  ").trimEnd()
  );
  const [head = "", ...lines] = written;
  return [[{ text: head, style: "dim" }], ...lines];
}

function leftOut(count: number): string[] {
  return count > 0 && count < Infinity ? [`and ${count} more`] : [];
}
