/**
 * Moving queues, jobs and topics of a data directory into the log of its cluster, and back.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { createSha256 } from "../../base/file/sha256.ts";
import { limits } from "../../base/limits.ts";
import type { ClusterMessages } from "../../cluster/messages/cluster_messages.ts";
import { readRecordKey } from "../../cluster/record_key.ts";
import { putRow, ReplicaSnapshot } from "../../store/replica/replica_snapshot.ts";
import type { SqliteStore } from "../../store/store.ts";
import { readClusterFile } from "./cluster_file.ts";
import { hasOwnMessages, isMessagesFile, openMessagesAt } from "./shared_messages.ts";

/** What is on one side. */
export interface MessagesContent {
  /** How many messages queues and topics have. */
  readonly messages: number;
  /** SHA-256 of all rows of queues, jobs and topics, in hexadecimal. */
  readonly digest: string;
}

/** What was moved. */
export interface MovedMessages {
  /** What was on the old side. */
  readonly from: MessagesContent;
  /** What is on the new one: the same. */
  readonly to: MessagesContent;
}

/** Both sides of a move. */
interface Sides {
  readonly own: SqliteStore;
  readonly shared: ClusterMessages;
  /** The rows of the directory's own file. */
  readonly ownRows: () => ReplicaSnapshot;
}

/**
 * Moves what a data directory has in its own file into the log of the cluster that it belongs to. It is
 * there for all servers at once or not at all. Moved again after it was cut, it goes on.
 *
 * @param directory The data directory, which no server uses.
 * @returns What was moved.
 * @throws {DariError} `failed_precondition` when the cluster has others, `unavailable` when it is not
 * reached, `data` when something was changed meanwhile.
 */
export async function moveMessagesToCluster(directory: string): Promise<MovedMessages> {
  await using opened = new AsyncDisposableStack();
  const { own, shared, ownRows } = await openSides(directory, opened);
  const sharedRows = () => shared.rows();
  const before = await contentOf(sharedRows);
  if (!await own.query(hasOwnMessages)) return { from: before, to: before };
  const from = await contentOf(ownRows);
  if (before.digest !== from.digest) {
    if (await shared.tables.query(hasOwnMessages)) throw hasOthers("The cluster", before);
    await shared.replaceBy(ownRows);
  }
  const moved = same({ from, to: await contentOf(sharedRows) });
  using rows = ownRows();
  const tables = rows.schema().tables.filter(({ name }) => name !== "counters");
  await own.transact((sql) => tables.forEach(({ name }) => sql.run(`DELETE FROM "${name}"`)));
  return moved;
}

/**
 * Copies what the log of a cluster has into the file of a data directory, which is about to leave it.
 *
 * @param directory The data directory, which no server uses.
 * @returns What was copied.
 * @throws {DariError} As {@linkcode moveMessagesToCluster}.
 */
export async function moveMessagesToFile(directory: string): Promise<MovedMessages> {
  await using opened = new AsyncDisposableStack();
  const { own, shared, ownRows } = await openSides(directory, opened);
  const from = await contentOf(() => shared.rows());
  const before = await contentOf(ownRows);
  if (before.digest === from.digest) return { from, to: before };
  if (await own.query(hasOwnMessages)) throw hasOthers(`"${directory}"`, before);
  using rows = shared.rows();
  await own.transact((sql) => {
    for (const table of rows.schema().tables) {
      for (const row of rows.rows(table)) putRow(sql, table, row);
    }
  });
  return same({ from, to: await contentOf(ownRows) });
}

/**
 * Removes the files of a log's tables from a directory that has left its cluster.
 *
 * @param directory The data directory.
 */
export async function removeReplicas(directory: string): Promise<void> {
  for await (const { name } of Deno.readDir(directory)) {
    if (isMessagesFile(name)) await Deno.remove(`${directory}/${name}`);
  }
}

async function openSides(directory: string, opened: AsyncDisposableStack): Promise<Sides> {
  const [key, place] = [await readRecordKey(directory), await readClusterFile(directory)];
  if (key === undefined || place === undefined) {
    const message = `"${directory}" belongs to no cluster; its queues are in its own file already`;
    throw new DariError("failed_precondition", message);
  }
  const path = `${directory}/${limits.storeFile}`;
  const { openSqliteStore } = await import("../../store/sqlite.ts");
  const { ReplicatedTables } = await import("../../messages/replicated/tables.ts");
  const own = opened.use(await openSqliteStore(path));
  const { messages: shared } = opened.use(await openMessagesAt(place, directory, { key }));
  await shared.start(await ReplicatedTables.open(shared.tables));
  return { own, shared, ownRows: () => new ReplicaSnapshot(path, { messagesOnly: true }) };
}

async function contentOf(open: () => ReplicaSnapshot): Promise<MessagesContent> {
  using rows = open();
  const hash = await createSha256();
  const encoder = new TextEncoder();
  let messages = 0;
  for (const table of rows.schema().tables) {
    for (const row of rows.rows(table)) {
      hash.update(encoder.encode(`${JSON.stringify([table.name, ...row])}\n`));
      if (MESSAGES.includes(table.name)) messages++;
    }
  }
  return { messages, digest: hash.digest() };
}

/** The tables that have messages. */
const MESSAGES: readonly string[] = ["queue_messages", "topic_messages"];

function hasOthers(where: string, { messages }: MessagesContent): DariError {
  return new DariError(
    "failed_precondition",
    `${where} has queues, jobs or topics already (${messages} messages), which are others; only empty ` +
      "ones take them in",
  );
}

function same(moved: MovedMessages): MovedMessages {
  const { from, to } = moved;
  if (from.digest === to.digest) return moved;
  throw new DariError(
    "data",
    `Both sides differ after the copy (${from.messages} and ${to.messages} messages): something was ` +
      "written meanwhile; stop all servers and try again",
  );
}
