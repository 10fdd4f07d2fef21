/**
 * The first file of a backup: what it is, and what else is in it.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { checkIdentity } from "../../store/record/read_record.ts";
import type { StoreIdentity } from "../../store/record/record_line.ts";

/** The name of the manifest in the archive. */
export const MANIFEST = "dari-backup.json";

/** The entries of the store of a cluster, one a line, in a backup of one of its servers. */
export const CLUSTER_ENTRIES = "cluster.jsonl";

/** The form of backups; that of backups with entries of a cluster is also the newest that this version reads. */
const FORMAT = 1;
const CLUSTER_FORMAT = 2;

/** The files of a data directory that a backup may hold, in their order; the store always. */
export const backupFiles: readonly string[] = [
  limits.storeFile,
  "policy.json",
  "ca.crt",
  "ca.key",
  "ca.next.key",
  "ca.previous.key",
  "server.crt",
  "server.key",
];

/** One file of a backup. */
export interface BackupFile {
  /** Its name in the data directory. */
  readonly name: string;
  /** Its size. */
  readonly bytes: number;
  /** SHA-256 of its content, in hexadecimal. */
  readonly sha256: string;
}

/** What a backup is. */
export interface Manifest {
  /** The version of dari that made it. */
  readonly dari: string;
  /** When, in milliseconds since the epoch. */
  readonly createdAtMs: number;
  /** The store that it was made of. */
  readonly store: {
    /** What tells the store from all others. */
    readonly identity: StoreIdentity;
    /** The version of its last change. */
    readonly revision: number;
    /** The version of its tables. */
    readonly schema: number;
  };
  /** The files, in their order. */
  readonly files: readonly BackupFile[];
}

/**
 * Whether a backup has the entries of a cluster, of which nobody records what is taken back later.
 *
 * @param manifest What the backup is.
 */
export function isOfCluster({ files }: Pick<Manifest, "files">): boolean {
  return files.some(({ name }) => name === CLUSTER_ENTRIES);
}

/**
 * Writes a manifest.
 *
 * @param manifest The manifest.
 * @returns JSON.
 */
export function formatManifest(manifest: Manifest): string {
  const format = isOfCluster(manifest) ? CLUSTER_FORMAT : FORMAT;
  return `${JSON.stringify({ format, ...manifest }, null, 2)}\n`;
}

/**
 * Reads a manifest.
 *
 * @param text The text.
 * @returns The manifest.
 * @throws {DariError} `configuration` when a newer dari made it, `data` when it is none.
 */
export function parseManifest(text: string): Manifest {
  const value = parseObject(text);
  if (Number.isSafeInteger(value.format) && Number(value.format) > CLUSTER_FORMAT) {
    throw new DariError(
      "configuration",
      `The backup was made by a newer dari (${value.dari}, form ${value.format}); use that version`,
    );
  }
  const { dari, createdAtMs } = value;
  const store = objectOf(value.store);
  const { id, recordKey } = objectOf(store.identity);
  const identity = checkIdentity(id, recordKey);
  const files = Array.isArray(value.files) ? value.files.map(fileOf) : [];
  const { revision, schema } = store;
  if (
    value.format !== (isOfCluster({ files }) ? CLUSTER_FORMAT : FORMAT) ||
    typeof dari !== "string" || !isCount(createdAtMs) ||
    identity === undefined || !isCount(revision) || !isCount(schema) ||
    files[0]?.name !== limits.storeFile ||
    new Set(files.map(({ name }) => name)).size < files.length
  ) throw malformed();
  return { dari, createdAtMs, store: { identity, revision, schema }, files };
}

function fileOf(value: unknown): BackupFile {
  const { name, bytes, sha256 } = objectOf(value);
  if (typeof name !== "string" || !isFileOfBackup(name)) throw malformed();
  if (!isCount(bytes) || typeof sha256 !== "string") throw malformed();
  return { name, bytes, sha256 };
}

function isFileOfBackup(name: string): boolean {
  return name === CLUSTER_ENTRIES || backupFiles.includes(name);
}

function parseObject(text: string): Record<string, unknown> {
  try {
    return objectOf(JSON.parse(text));
  } catch {
    throw malformed();
  }
}

function objectOf(value: unknown): Record<string, unknown> {
  if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  throw malformed();
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function malformed(): DariError {
  return new DariError("data", `The backup is malformed: "${MANIFEST}" cannot be read`);
}
