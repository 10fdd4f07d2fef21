/**
 * What a revocation ends, as people read it.
 *
 * @module
 */

import type { ShownConnection } from "../../../ops/live/connections.ts";
import type { RevocationResult } from "../../../ops/revoke/carry_out.ts";
import type { Holding, RevocationPlan } from "../../../ops/revoke/plan.ts";
import { formatMoment } from "../../app/report.ts";
import { listOf } from "../../app/value_type.ts";

/**
 * The lines of `--what`.
 *
 * @param plan What would end.
 */
export function linesOfPlan({ target, holdings, connections }: RevocationPlan): string[] {
  const open = connections ?? [];
  if (holdings.length === 0 && open.length === 0) return [nothingLeft(target)];
  return [
    `${target} has:`,
    ...holdings.map((holding) => `  ${describe(holding)}`),
    ...open.map((connection) => `  ${describeConnection(connection)}`),
    ...(connections === undefined ? ["  (no server runs, so there are no connections)"] : []),
  ];
}

/**
 * The lines of what was done.
 *
 * @param result What was done.
 */
export function linesOfResult({ target, gone, failed, closed, calls, open }: RevocationResult) {
  if (gone.length === 0 && failed.length === 0 && !closed && open.length === 0) {
    return [nothingLeft(target)];
  }
  return [
    ...gone.map((holding) => `gone: ${describe(holding)}`),
    ...(closed ? [`closed: ${counted(closed, "connection")} with ${callsOf(calls)}`] : []),
    ...failed.map(({ holding, message }) => `STILL THERE: ${describe(holding)}: ${message}`),
    ...open.map((connection) => `STILL OPEN: ${describeConnection(connection)}`),
    ...(failed.length > 0 || open.length > 0
      ? [`Not everything of ${target} is gone; run the command again`]
      : []),
    ...gone.flatMap((holding) =>
      holding.kind === "account"
        ? [`${holding.id} is disabled; dari user enable ${holding.id} lets it sign in again`]
        : []
    ),
  ];
}

function nothingLeft(target: string): string {
  return `${target} has nothing that still works`;
}

function describe(holding: Holding): string {
  switch (holding.kind) {
    case "account":
      return `account ${holding.id}` +
        (holding.signsInBy.length > 0 ? `, signs in by ${listOf(holding.signsInBy)}` : "");
    case "session":
      return `session ${holding.id}, from ${holding.address}`;
    case "key":
      return `API key ${holding.id} (${holding.name})`;
    case "certificate":
      return `certificate ${holding.id} (${holding.subject})`;
    case "invitation":
      return `invitation of ${holding.name}, until ${formatMoment(holding.expiresAtMs)}`;
    default:
      return holding satisfies never;
  }
}

function describeConnection({ transport, address, calls }: ShownConnection): string {
  return `connection ${transport} ${address} with ${callsOf(calls.length)}`;
}

function callsOf(calls: number): string {
  return counted(calls, "running call");
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
