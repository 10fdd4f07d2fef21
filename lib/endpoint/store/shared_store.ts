/**
 * The store of a data directory whose servers share their state. What is beside it, the audit and the
 * queues, stays in the directory.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { exists } from "../../base/file/file_state.ts";
import { limits } from "../../base/limits.ts";
import { authorityFiles } from "../../cert/authority/authority_files.ts";
import type { ClusterStore } from "../../cluster/store/cluster_store.ts";
import type { NatsStoreOptions } from "../../cluster/store/nats_store.ts";
import type { Bus } from "../../cluster/bus/bus.ts";
import { readRecordKey, type RecordKey } from "../../cluster/record_key.ts";
import type { WrittenBatch } from "../../cluster/fold/state.ts";
import { eventsOf } from "../../ops/audit/changes.ts";
import { mustAddRecords } from "../../ops/audit/tables.ts";
import type { SqliteStore, Store } from "../../store/store.ts";
import { openNats } from "../cluster/nats_access.ts";
import { openAuditedStore } from "../audit/audited_store.ts";
import { systemActor } from "../audit/system_actor.ts";
import {
  type ClusterFile,
  type ClusterPlace,
  placeOf,
  readClusterFile,
  writeClusterFile,
} from "./cluster_file.ts";
import { openUnlost, rememberSeen } from "./seen.ts";

/** How a store is opened. */
export interface DataStoreOptions {
  /** Gives the actor of a change, for the audit. @default {the user who runs this program} */
  readonly actor?: (() => string) | undefined;
  /** Where the time comes from. */
  readonly clock?: Clock | undefined;
  /**
   * Where the servers of the cluster meet, remembered once this one was there.
   *
   * @default {what is remembered}
   */
  readonly cluster?: ClusterFile | undefined;
  /** Hears that the cluster's store cannot be reached for too long, and that it can again. */
  readonly onFresh?: ((isFresh: boolean) => void) | undefined;
  /** Hears that the store can no longer be used. */
  readonly onLost?: ((error: DariError) => void) | undefined;
}

/** The store of a data directory. */
export interface DataStore extends AsyncDisposable {
  /** Accounts, sessions, keys, certificates. */
  readonly store: Store;
  /** What is beside them, in the directory. */
  readonly tables: SqliteStore;
  /** The store, where servers share it. */
  readonly shared?: ClusterStore;
  /** The way to the other servers, where the directory belongs to a cluster. */
  readonly cluster?: ClusterWay;
}

/** The way to what the servers of a cluster share. */
export interface ClusterWay {
  /** The connection to NATS. */
  readonly bus: Bus;
  /** The name of the service. */
  readonly service: string;
  /** The record key. */
  readonly key: RecordKey;
}

/** The store of a cluster, over a connection of its own; disposing ends both. */
export interface OpenedCluster extends AsyncDisposable {
  /** The store. */
  readonly store: ClusterStore;
  /** The connection to NATS. */
  readonly bus: Bus;
}

/** What a directory of a cluster has in its own file only where it was not moved, or not all of it. */
const MOVABLE = ["account/", "ledger/", "key/"];

/**
 * Opens the store of a data directory: that of its cluster where it has a record key, and its own
 * otherwise.
 *
 * @param directory The data directory, which exists.
 * @param options Actor and clock.
 * @returns The store; the caller disposes of it.
 * @throws {DariError} `configuration` where nothing says where the cluster is, `failed_precondition` where
 * the directory has accounts of its own, `data` where the cluster has lost what was written,
 * `unavailable` where it is not reached.
 */
export async function openDataStore(
  directory: string,
  options: DataStoreOptions = {},
): Promise<DataStore> {
  const key = await readRecordKey(directory);
  await using opening = new AsyncDisposableStack();
  const tables = opening.use(await openAuditedStore(directory, ownOptions(options)));
  if (key === undefined) {
    const owned = opening.move();
    return { store: tables, tables, [Symbol.asyncDispose]: () => owned.disposeAsync() };
  }
  const { cluster } = options;
  const place = cluster === undefined
    ? await readClusterFile(directory)
    : await otherPlace(directory, cluster);
  if (place === undefined) {
    throw new DariError(
      "configuration",
      `"${directory}" belongs to a cluster (${limits.clusterKeyFile}), and nothing says where that is; ` +
        "start dari serve --cluster nats://… once",
    );
  }
  const { clock, onFresh, onLost, actor = () => systemActor(directory) } = options;
  const { store: shared, bus } = await openUnlost(tables, directory, async () =>
    opening.use(
      await openClusterAt(place, {
        ...{ key, clock, onFresh, onLost, actor },
        onWritten: (batch) => record(tables, batch),
      }),
    ));
  await checkBelongs(directory, shared, tables);
  if (cluster !== undefined) await writeClusterFile(directory, cluster);
  const timer = setInterval(
    () => rememberSeen(tables, shared).catch(() => {}),
    limits.clusterSeenMs,
  );
  Deno.unrefTimer(timer);
  opening.defer(async () => {
    clearInterval(timer);
    await rememberSeen(tables, shared).catch(() => {}); // another program may have the file
  });
  const owned = opening.move();
  return {
    ...{ store: shared, tables, shared },
    cluster: { bus, service: place.at.service, key },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/**
 * Opens the store of a cluster.
 *
 * @param place Where the servers meet.
 * @param options The record key, and who hears of what.
 * @returns The store with its connection.
 * @throws {DariError} `unavailable` where it is not reached, `configuration` where the NATS servers
 * cannot keep it.
 */
export async function openClusterAt(
  { at, access }: ClusterPlace,
  options: Omit<NatsStoreOptions, "bus" | "service">,
): Promise<OpenedCluster> {
  const { openNatsStore } = await import("../../cluster/store/nats_store.ts");
  await using opening = new AsyncDisposableStack();
  const bus = opening.use(await openNats(at, `dari store ${at.service}`, access));
  const { store } = opening.use(await openNatsStore({ ...options, bus, service: at.service }));
  const owned = opening.move();
  return { store, bus, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** The NATS servers may be others than those that are remembered, and the service may not. */
async function otherPlace(directory: string, cluster: ClusterFile): Promise<ClusterPlace> {
  const place = await placeOf(cluster);
  const known = await readClusterFile(directory).catch(() => undefined); // damaged
  if (known === undefined || known.at.service === place.at.service) return place;
  throw new DariError(
    "failed_precondition",
    `"${directory}" belongs to the cluster of the service "${known.at.service}"; to offer ` +
      `"${place.at.service}", give another data directory (--data DIR)`,
  );
}

/** Each server audits what is done through it. */
async function record(
  tables: Pick<SqliteStore, "transact">,
  { batch: { operations, by, atMs }, before }: WrittenBatch,
): Promise<void> {
  const events = eventsOf({ operations, before: (key) => before.get(key) ?? null });
  if (events.length === 0) return;
  await tables.transact((sql) => mustAddRecords(sql, events, { nowMs: atMs, by }));
}

/** The shared store is that of the directory, and has all that is to be shared. */
async function checkBelongs(
  directory: string,
  shared: ClusterStore,
  tables: SqliteStore,
): Promise<void> {
  if (shared.figures.entries === 0 && await hasJoined(directory)) {
    throw new DariError(
      "configuration",
      `The cluster's store is empty, so it is not the one that "${directory}" has joined: its invitation ` +
        "says where that is; start dari serve --cluster with that address",
    );
  }
  if (!await hasMovable(tables)) return;
  throw new DariError(
    "failed_precondition",
    `"${directory}" has accounts or certificates of its own; move them into the cluster: ` +
      "dari store migrate --to nats://…",
  );
}

/** A machine that joins gets a certificate, which is in the ledger of the cluster from then on. */
async function hasJoined(directory: string): Promise<boolean> {
  const { certificates, key } = authorityFiles;
  return await exists(`${directory}/${certificates}`) && !await exists(`${directory}/${key}`);
}

/**
 * Whether a directory has accounts or certificates in its own file.
 *
 * @param own The store in that file.
 */
export async function hasMovable(own: Store): Promise<boolean> {
  for (const prefix of MOVABLE) if ((await own.list(prefix)).length > 0) return true;
  return false;
}

function ownOptions({ actor, clock, onLost }: DataStoreOptions) {
  return { ...(actor && { actor }), clock, ...(onLost && { onLost }) };
}
