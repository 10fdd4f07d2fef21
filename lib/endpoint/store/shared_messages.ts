/**
 * Queues, jobs and topics of a data directory whose servers share them.
 *
 * @module
 */

import { type Clock, systemClock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { WriteLog } from "../../base/text/write_log.ts";
import type { ClusterMessagesFigures } from "../../cluster/messages/cluster_messages.ts";
import type { OpenedNatsMessages } from "../../cluster/messages/nats_messages.ts";
import { readRecordKey, type RecordKey } from "../../cluster/record_key.ts";
import type { SqliteStore } from "../../store/store.ts";
import type { Sql } from "../../store/tables/sql.ts";
import { openNats } from "../cluster/nats_access.ts";
import { type ClusterPlace, readClusterFile } from "./cluster_file.ts";

/** How they are opened. */
export interface SharedMessagesOptions {
  /** Which thread of a server has them; each has a file of its own. @default {0} */
  readonly thread?: number | undefined;
  /** Where the time comes from. */
  readonly clock?: Clock | undefined;
  /** Hears that they can no longer be used. */
  readonly onLost?: ((error: DariError) => void) | undefined;
  /** Hears of trouble. */
  readonly tell?: WriteLog | undefined;
}

/** Queues, jobs and topics of a cluster. Disposing ends this server's part in them. */
export interface SharedMessages extends AsyncDisposable {
  /** The store for `EmbeddedQueues`. */
  readonly store: SqliteStore;
  /** How well this server follows. */
  readonly figures: ClusterMessagesFigures;
  /**
   * Reads all that was written before, and follows from then on. What is built on the store hears of
   * everything that happens then.
   *
   * @throws {DariError} `unavailable` where the cluster is not reached, `data` where it has lost what was
   * written, `configuration` where a newer dari writes to it.
   */
  start(): Promise<void>;
}

/** What tells that a directory has queues, jobs or topics of its own. */
const OWN_ROWS: readonly string[] = [
  "SELECT 1 FROM queues LIMIT 1",
  "SELECT 1 FROM jobs LIMIT 1",
  "SELECT 1 FROM job_schedules WHERE declared = 0 LIMIT 1",
  "SELECT 1 FROM topics LIMIT 1",
];

/**
 * Opens the queues, jobs and topics of the cluster that a data directory belongs to.
 *
 * @param directory The data directory.
 * @param tables What the directory has of its own.
 * @param options Clock, and who hears of what.
 * @returns `undefined` where the directory belongs to no cluster.
 * @throws {DariError} `failed_precondition` where the directory has some of its own, `configuration` where
 * the NATS servers cannot keep them, `unavailable` where they are not reached.
 */
export async function openSharedMessages(
  directory: string,
  tables: Pick<SqliteStore, "query">,
  options: SharedMessagesOptions = {},
): Promise<SharedMessages | undefined> {
  const key = await readRecordKey(directory);
  const place = key && await readClusterFile(directory);
  if (key === undefined || place === undefined) return undefined;
  if (await tables.query(hasOwnMessages)) {
    throw new DariError(
      "failed_precondition",
      `"${directory}" has queues, jobs or topics of its own; move them into the cluster: ` +
        "dari store migrate --to nats://…",
    );
  }
  const { clock = systemClock } = options;
  await using opening = new AsyncDisposableStack();
  const { messages } = opening.use(await openMessagesAt(place, directory, { ...options, key }));
  const { ReplicatedTables } = await import("../../messages/replicated/tables.ts");
  const { replicatedStore } = await import("../../messages/replicated/replicated_store.ts");
  const machine = await ReplicatedTables.open(messages.tables, clock);
  const store = replicatedStore({ file: messages.store, tables: machine, proposer: messages });
  const owned = opening.move();
  return {
    store,
    get figures() {
      return messages.figures;
    },
    start: () => messages.start(machine),
    async [Symbol.asyncDispose]() {
      await messages.idle();
      await owned.disposeAsync();
    },
  };
}

/**
 * Opens the log of queues, jobs and topics of a cluster.
 *
 * @param place Where the servers meet.
 * @param directory The data directory, which has the file of the tables.
 * @param options The record key, and who hears of what.
 * @returns The log; disposing of it ends its connection as well.
 * @throws {DariError} `unavailable` where it is not reached, `configuration` where the NATS servers
 * cannot keep it.
 */
export async function openMessagesAt(
  { at, access }: ClusterPlace,
  directory: string,
  { thread = 0, key, clock, onLost, tell }: SharedMessagesOptions & { readonly key: RecordKey },
): Promise<OpenedNatsMessages> {
  const { openNatsMessages } = await import("../../cluster/messages/nats_messages.ts");
  await using opening = new AsyncDisposableStack();
  const bus = opening.use(await openNats(at, `dari messages ${at.service}`, access));
  const path = messagesFileOf(directory, thread);
  const { service } = at;
  const { messages, replicas } = opening.use(
    await openNatsMessages({ bus, path, key, service, clock, onLost, tell }),
  );
  const owned = opening.move();
  return { messages, replicas, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/**
 * The file of the tables.
 *
 * @param directory The data directory.
 * @param thread Which thread of a server has it.
 */
export function messagesFileOf(directory: string, thread: number): string {
  const { messagesFile } = limits;
  return `${directory}/${thread === 0 ? messagesFile : messagesFile.replace(".", `-${thread}.`)}`;
}

/**
 * Whether a file of a data directory is one of those, or of SQLite's beside it.
 *
 * @param name Its name.
 */
export function isMessagesFile(name: string): boolean {
  const [stem, ending] = limits.messagesFile.split(".");
  return new RegExp(`^${stem}(-\\d+)?\\.${ending}(-wal|-shm)?$`).test(name);
}

/**
 * Whether tables have queues, jobs or topics.
 *
 * @param sql The tables.
 */
export function hasOwnMessages(sql: Sql): boolean {
  return OWN_ROWS.some((text) => sql.all(text).length > 0);
}
