/**
 * Moving the store of a data directory into that of a cluster, and back.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { DariError } from "../../base/errors.ts";
import { syncDirectory, writeFileAtomic } from "../../base/file/files.ts";
import { limits } from "../../base/limits.ts";
import {
  formatRecordKey,
  makeRecordKey,
  movingKeyPath,
  readMovingKey,
  readRecordKey,
  recordKeyPath,
} from "../../cluster/record_key.ts";
import type { ClusterStore } from "../../cluster/store/cluster_store.ts";
import type { Entry, Operation, SqliteStore, Store } from "../../store/store.ts";
import type { NatsAddress } from "../../transport/address.ts";
import { formatAddress } from "../../transport/scheme/parse.ts";
import {
  type ClusterFile,
  forgetCluster,
  placeOf,
  readClusterFile,
  writeClusterFile,
} from "./cluster_file.ts";
import { hasOwnMessages } from "./shared_messages.ts";
import { AUDIT_HEADS } from "../audit/audit_heads.ts";
import { OWN_PREFIX, SEEN } from "./seen.ts";
import { openClusterAt } from "./shared_store.ts";

/** What is on one side. */
export interface Content {
  /** How many entries there are. */
  readonly entries: number;
  /** SHA-256 of all of them, in hexadecimal. */
  readonly digest: string;
}

/** What was moved. */
export interface Moved {
  /** What was in the old store. */
  readonly from: Content;
  /** What is in the new one: the same. */
  readonly to: Content;
}

/**
 * Moves what a data directory has in its own file into the store of a cluster. It is there, and compared,
 * before the directory belongs to the cluster; only then is it removed from the file. Moved again after
 * it was cut, it goes on.
 *
 * @param directory The data directory, which no server uses.
 * @param file Where the cluster meets.
 * @returns What was moved.
 * @throws {DariError} `failed_precondition` when the cluster has other entries, `unavailable` when it is
 * not reached, `data` when something was changed meanwhile.
 */
export async function moveToCluster(directory: string, file: ClusterFile): Promise<Moved> {
  const place = await placeOf(file);
  await refuseOther(directory, place.at);
  await using own = await openOwn(directory);
  const before = await movableOf(own);
  const joined = await readRecordKey(directory);
  const isMoved = joined !== undefined && before.length === 0;
  if (isMoved && !await own.query(hasOwnMessages)) throw moved(directory, file);
  const kept = joined ?? await readMovingKey(directory);
  const key = kept ?? makeRecordKey();
  await using cluster = await openClusterAt(place, { key });
  const { store: shared } = cluster;
  if (isMoved) return await unchanged(shared); // its messages are still to be moved
  // Before the first entry: nobody could read it without the key.
  if (kept === undefined) await writeFileAtomic(movingKeyPath(directory), formatRecordKey(key));
  await copy(missingIn(await movableOf(shared), before, file.address), shared);
  const both = await compare(own, shared);
  if (both.to.entries > 0) shared.compact();
  await writeClusterFile(directory, file);
  if (joined === undefined) await rename(directory, movingKeyPath, recordKeyPath);
  await removeAll(own, before);
  return both;
}

/**
 * Moves what is in the store of a cluster into the file of a data directory, which leaves the cluster.
 * The stream is left as it is, since other servers may use it.
 *
 * @param directory The data directory, which no server uses.
 * @returns What was moved.
 * @throws {DariError} `failed_precondition` when the directory belongs to no cluster, or has entries of its
 * own; `unavailable` when the cluster is not reached, `data` when something was changed meanwhile.
 */
export async function moveToFile(directory: string): Promise<Moved> {
  const [key, place] = [await readRecordKey(directory), await readClusterFile(directory)];
  if (key === undefined || place === undefined) {
    const message = `"${directory}" belongs to no cluster; its store is in its own file already`;
    throw new DariError("failed_precondition", message);
  }
  await using own = await openOwn(directory);
  await using cluster = await openClusterAt(place, { key });
  const { store: shared } = cluster;
  const before = await movableOf(shared);
  await copy(missingIn(await movableOf(own), before, directory), own);
  const { from: to, to: from } = await compare(own, shared);
  await own.delete(SEEN);
  await rename(directory, recordKeyPath, (at) => `${recordKeyPath(at)}.left`);
  await forgetCluster(directory);
  return { from, to };
}

/** The directory belongs to the cluster by the name of the file of its key. */
async function rename(
  directory: string,
  from: (directory: string) => string,
  to: (directory: string) => string,
): Promise<void> {
  await Deno.rename(from(directory), to(directory));
  await syncDirectory(directory);
}

/** Without the audit: nobody adds or removes an account here. */
async function openOwn(directory: string): Promise<SqliteStore> {
  const { openSqliteStore } = await import("../../store/sqlite.ts");
  return await openSqliteStore(`${directory}/${limits.storeFile}`);
}

/** Without what belongs to the place: how much of the log was read, and how far audits have come. */
async function movableOf(store: Store): Promise<Entry[]> {
  return (await store.list("")).filter(({ key }) =>
    !key.startsWith(OWN_PREFIX) && !key.startsWith(AUDIT_HEADS)
  );
}

/** In batches, each of which is one message. */
async function copy(entries: readonly Entry[], to: Store): Promise<void> {
  for (const batch of batchesOf(entries)) {
    await to.batch(batch.map(({ key, value, expiresAtMs }): Operation => ({
      kind: "put",
      ...{ key, value },
      ifVersion: 0,
      ...(expiresAtMs !== undefined && { expiresAtMs }),
    })));
  }
}

async function removeAll(own: Store, entries: readonly Entry[]): Promise<void> {
  for (const batch of batchesOf(entries)) {
    await own.batch(batch.map(({ key }) => ({ kind: "delete", key })));
  }
}

function* batchesOf(entries: readonly Entry[]): Generator<Entry[]> {
  let batch: Entry[] = [];
  let length = 0;
  for (const entry of entries) {
    batch.push(entry);
    length += entry.key.length + entry.value.length;
    if (batch.length < limits.maxMovedEntries && length < limits.movedBatchLength) continue;
    yield batch;
    [batch, length] = [[], 0];
  }
  if (batch.length > 0) yield batch;
}

/**
 * What has still to be copied: everything, or what a copy that was cut did without.
 */
function missingIn(there: readonly Entry[], all: readonly Entry[], where: string): Entry[] {
  const copied = new Map(there.map((entry) => [entry.key, lineOf(entry)]));
  const missing = all.filter((entry) => copied.get(entry.key) !== lineOf(entry));
  if (missing.length + there.length === all.length) return missing;
  throw new DariError(
    "failed_precondition",
    `${where} has ${there.length} entries already, which are others; only an empty store takes them in`,
  );
}

function moved(directory: string, { address }: ClusterFile): DariError {
  return new DariError(
    "failed_precondition",
    `"${directory}" belongs to the cluster already; start its server with dari serve --cluster ${address}`,
  );
}

/** A directory that belongs to a cluster has nothing of its own to move into another one. */
async function refuseOther(directory: string, at: NatsAddress): Promise<void> {
  const place = await readRecordKey(directory) && await readClusterFile(directory);
  if (place === undefined || formatAddress(place.at) === formatAddress(at)) return;
  throw new DariError(
    "failed_precondition",
    `"${directory}" belongs to the cluster at ${formatAddress(place.at)}; move it out first: ` +
      "dari store migrate --to sqlite",
  );
}

async function unchanged(shared: ClusterStore): Promise<Moved> {
  const content = await contentOf(await movableOf(shared), Date.now());
  return { from: content, to: content };
}

/** Reads both sides again, so that what was written meanwhile is noticed. */
async function compare(own: Store, shared: ClusterStore): Promise<Moved> {
  const [here, there] = [await movableOf(own), await movableOf(shared)];
  const nowMs = Date.now();
  const [from, to] = [await contentOf(here, nowMs), await contentOf(there, nowMs)];
  if (from.digest === to.digest) return { from, to };
  throw new DariError(
    "data",
    `Both sides differ after the copy (${from.entries} and ${to.entries} entries): something was ` +
      "written meanwhile; stop all servers and try again",
  );
}

/** Without versions, which each store gives itself, and what has expired by now. */
async function contentOf(entries: readonly Entry[], nowMs: number): Promise<Content> {
  const lines = entries
    .filter(({ expiresAtMs }) => (expiresAtMs ?? Infinity) > nowMs)
    .map(lineOf)
    .toSorted();
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(lines.join("\n")));
  return { entries: lines.length, digest: encodeHex(new Uint8Array(digest)) };
}

function lineOf({ key, value, expiresAtMs }: Entry): string {
  return JSON.stringify([key, value, expiresAtMs ?? null]);
}
