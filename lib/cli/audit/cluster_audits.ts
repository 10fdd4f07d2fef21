/**
 * The audits of all servers of a cluster, for the commands that read them.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { exists } from "../../base/file/file_state.ts";
import { limits } from "../../base/limits.ts";
import { type AuditReading, AuditStream } from "../../cluster/audit/audit_stream.ts";
import { readRecordKey } from "../../cluster/record_key.ts";
import { readAuditHeads, readSignedAudits } from "../../endpoint/audit/audit_heads.ts";
import { readClusterFile } from "../../endpoint/store/cluster_file.ts";
import { openClusterAt } from "../../endpoint/store/shared_store.ts";
import { hashOfRecord } from "../../ops/audit/servers/next_piece.ts";
import { type AuditPiece, parsePiece } from "../../ops/audit/servers/piece.ts";
import {
  matchingRecords,
  NewestRecords,
  type ServerRecord,
} from "../../ops/audit/servers/newest.ts";
import type { RecordQuery } from "../../ops/audit/reading/query.ts";
import type {
  KnownAudit,
  ServersVerdict,
  WitnessedAudit,
} from "../../ops/audit/servers/verify_servers.ts";
import { readHead } from "../../ops/audit/tables.ts";
import type { Io } from "../app/command.ts";
import { flag } from "../app/option.ts";
import { withProgress } from "../app/progress.ts";
import { type DataChoice, dataDirectoryOf } from "../workspace/data_directory.ts";
import { openAudit } from "./audited_directory.ts";

/** The option of commands that read the audits of all servers. */
export const clusterFlag = flag("the audits of all servers of the cluster");

/** The audits of all servers; disposing ends the connection. */
export interface ClusterAudits extends AsyncDisposable {
  /** Where they are. */
  readonly stream: AuditStream;
  /** How far each has come, as the store of the cluster has it. */
  readonly known: readonly KnownAudit[];
  /** What servers that can sign have signed of the audits of others. */
  readonly witnessed: readonly WitnessedAudit[];
}

/**
 * Connects to where the audits of all servers are.
 *
 * @param choice What the user typed for the data directory of one of them.
 * @param io The environment.
 * @throws {DariError} `failed_precondition` for a directory that belongs to no cluster, `unavailable`
 * where the NATS servers are not reached, `not_found` where no server has brought anything.
 */
export async function openClusterAudits(choice: DataChoice, io: Io): Promise<ClusterAudits> {
  const directory = dataDirectoryOf(choice, io);
  const [key, place] = [await readRecordKey(directory), await readClusterFile(directory)];
  if (key === undefined || place === undefined) {
    throw new DariError(
      "failed_precondition",
      `"${directory}" belongs to no cluster; without --cluster its own audit is read`,
    );
  }
  await using opening = new AsyncDisposableStack();
  const { bus, store } = opening.use(
    await withProgress(io, "connecting to the cluster", openClusterAt(place, { key })),
  );
  const { service } = place.at;
  const stream = opening.use(new AuditStream({ bus, service, key }));
  if (await stream.size() === undefined) {
    throw new DariError(
      "not_found",
      `There is no stream ${stream.name}: no server has brought its audit; start dari serve --cluster`,
    );
  }
  const [known, witnessed] = [await readAuditHeads(store), await readSignedAudits(store)];
  const owned = opening.move();
  return { stream, known, witnessed, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/**
 * Reads the pieces of the audits.
 *
 * @param stream Where they are.
 * @param from Which are read; all by default.
 */
export async function* piecesOf(
  stream: AuditStream,
  from: AuditReading = {},
): AsyncGenerator<AuditPiece | undefined> {
  for await (const { text } of stream.read(from)) {
    yield text === undefined ? undefined : parsePiece(text);
  }
}

/**
 * Finds the newest records of all servers.
 *
 * @param stream Where they are.
 * @param query Which are wanted.
 * @returns The records, in one order of time.
 */
export async function newestOfAll(
  stream: AuditStream,
  query: RecordQuery,
): Promise<readonly ServerRecord[]> {
  const newest = new NewestRecords(query.limit);
  const { sinceMs } = query;
  // What was recorded then came later, by a clock that may be another one.
  const from = sinceMs === undefined ? {} : { sinceMs: sinceMs - limits.auditClockSkewMs };
  for await (const piece of piecesOf(stream, from)) {
    if (piece !== undefined) newest.add(matchingRecords(piece, query));
  }
  return newest.all;
}

/**
 * Compares the audit in a data directory with what its server has brought.
 *
 * @param choice What the user typed for the directory.
 * @param verdict What was found of all servers.
 * @param io The environment.
 * @returns What is wrong, as a sentence; `undefined` where nothing is, or there is nothing to compare.
 */
export async function differenceHere(
  choice: DataChoice,
  { servers }: ServersVerdict,
  io: Io,
): Promise<string | undefined> {
  const directory = dataDirectoryOf(choice, io);
  if (!await exists(`${directory}/${limits.storeFile}`)) return undefined;
  using audit = await openAudit(choice, io);
  return await audit.query((sql) => {
    const head = readHead(sql);
    const brought = servers.find(({ log }) => log === head?.log);
    if (head === undefined || brought === undefined || brought.size < head.first) return undefined;
    const hash = hashOfRecord(sql, brought.size);
    if (hash === brought.last) return undefined;
    return hash === undefined
      ? `the audit in "${directory}" ends at record ${head.size}, and its server had brought ${brought.size}`
      : `record ${brought.size} in "${directory}" is not the one that its server had brought`;
  });
}
