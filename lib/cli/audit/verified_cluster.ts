/**
 * The audits of all servers of a cluster, verified together.
 *
 * @module
 */

import type { VerifyOptions } from "../../ops/audit/reading/verdict.ts";
import {
  type ServersVerdict,
  type ServerVerdict,
  verifyServers,
} from "../../ops/audit/servers/verify_servers.ts";
import type { Io } from "../app/command.ts";
import { formatColumns, formatMoment, report } from "../app/report.ts";
import type { DataChoice } from "../workspace/data_directory.ts";
import { differenceHere, openClusterAudits, piecesOf } from "./cluster_audits.ts";

/** The exit code of audits that are not whole: EX_DATAERR. */
const NOT_WHOLE = 65;

/**
 * Verifies the audits.
 *
 * @param choice What the user typed for the data directory of one server.
 * @param options Trust, and checkpoints that were kept elsewhere.
 * @param io The environment.
 * @returns What was found, with how the audit of this server differs from what it has brought.
 * @throws As `openClusterAudits` does.
 */
export async function verifyCluster(
  choice: DataChoice,
  options: VerifyOptions,
  io: Io,
): Promise<ServersVerdict> {
  await using audits = await openClusterAudits(choice, io);
  const { stream, known, witnessed } = audits;
  const against = { ...options, known, witnessed };
  const verdict = await verifyServers((isCompared) => piecesOf(stream, { isCompared }), against);
  const here = await differenceHere(choice, verdict, io);
  return here === undefined ? verdict : { ...verdict, faults: [...verdict.faults, here] };
}

/**
 * Tells what was found.
 *
 * @param verdict What was found.
 * @param options Whether JSON is wanted.
 * @param io Where it is told.
 * @returns The exit code.
 */
export function tellServers(
  verdict: ServersVerdict,
  options: { readonly json: boolean },
  io: Io,
): number {
  const { servers } = verdict;
  const faults = servers.reduce((sum, each) => sum + each.faults.length, verdict.faults.length);
  const count = servers.length === 1
    ? "the audit of 1 server"
    : `the audits of ${servers.length} servers`;
  const [are, not] = servers.length === 1 ? ["is", "is not"] : ["are", "are not"];
  report(options, io, verdict, [
    ...verdict.faults.map((fault) => `WRONG   ${fault}`),
    ...servers.flatMap(({ server, faults }) =>
      faults.map(({ problem }) => `WRONG   ${server}: ${problem}`)
    ),
    ...verdict.notices.map((notice) => `notice  ${notice}`),
    ...servers.flatMap(({ server, notices }) =>
      notices.map((notice) => `notice  ${server}: ${notice}`)
    ),
    ...formatColumns([
      ["SERVER", "AUDIT", "RECORDS", "SIGNED UP TO", "NEWEST"],
      ...servers.map(cellsOf),
    ]),
    faults === 0
      ? `${count} ${are} whole`
      : `${count} ${not} whole: ${faults} ${faults === 1 ? "fault" : "faults"}`,
  ]);
  return faults === 0 ? 0 : NOT_WHOLE;
}

function cellsOf({ server, log, first, size, signed, newestAt }: ServerVerdict): string[] {
  return [
    server,
    log,
    size < first ? "none" : `${first} to ${size}`,
    signed === 0 ? "-" : String(signed),
    newestAt === undefined ? "-" : formatMoment(Date.parse(newestAt)),
  ];
}
