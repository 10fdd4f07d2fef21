/**
 * Tapped calls and open connections, as people read them: a line each, made for 80 columns.
 *
 * @module
 */

import { padColumns } from "../../../base/text/columns.ts";
import type {
  ConnectionList,
  ShownConnection,
  ShownPrincipal,
} from "../../../ops/live/connections.ts";
import type { TappedCall } from "../../../ops/tap/tapped_call.ts";
import { formatColumns, formatMoment } from "../../app/report.ts";

/**
 * The lines of one call.
 *
 * @param call The call.
 */
export function linesOfCall(call: TappedCall): string[] {
  const { startedAtMs, durationMs, method, principal, error = "ok", params, stream } = call;
  const time = new Date(startedAtMs).toISOString().slice(11, 23);
  const what = stream === true ? `${method} …` : method;
  const took = milliseconds(durationMs).padStart(9);
  const line = `${time}  ${padColumns(nameOf(principal), 14)}  ${
    padColumns(what, 24)
  } ${took}  ${error}`;
  return params === undefined ? [line] : [line, `              ${params}`];
}

/**
 * The lines of open connections and their running calls.
 *
 * @param list The connections.
 * @param now The time, in milliseconds since the epoch.
 */
export function linesOfConnections({ connections, more }: ConnectionList, now: number): string[] {
  const rows = connections.flatMap((connection) => [
    rowOf(connection),
    ...connection.calls.map(({ method, principal, startedAtMs, stream }) => [
      "",
      principal?.name === connection.principal?.name ? "" : nameOf(principal),
      `  ${method}${stream ? " …" : ""}`,
      `for ${Math.max(0, Math.round((now - startedAtMs) / 1_000))}s`,
    ]),
  ]);
  return [
    ...formatColumns([["SINCE", "WHO", "FROM, AND WHAT RUNS", ""], ...rows]),
    ...(more > 0 ? [`and ${more} more`] : []),
  ];
}

function rowOf(
  { openedAtMs, principal, transport, address }: ShownConnection,
): readonly string[] {
  return [formatMoment(openedAtMs), nameOf(principal), `${transport} ${address}`, ""];
}

function nameOf(principal: ShownPrincipal | null): string {
  return principal?.chain?.join(" via ") ?? principal?.name ?? "-";
}

function milliseconds(ms: number): string {
  return `${ms < 10 ? ms.toFixed(2) : ms < 1_000 ? ms.toFixed(1) : Math.round(ms)} ms`;
}
