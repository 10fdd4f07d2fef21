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

/** The form of backups that this version writes, and the newest that it reads. */
const FORMAT = 1;

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
 * Writes a manifest.
 *
 * @param manifest The manifest.
 * @returns JSON.
 */
export function formatManifest(manifest: Manifest): string {
  return `${JSON.stringify({ format: FORMAT, ...manifest }, null, 2)}\n`;
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
  if (Number.isSafeInteger(value.format) && Number(value.format) > FORMAT) {
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
    value.format !== FORMAT || typeof dari !== "string" || !isCount(createdAtMs) ||
    identity === undefined || !isCount(revision) || !isCount(schema) ||
    files[0]?.name !== limits.storeFile ||
    new Set(files.map(({ name }) => name)).size < files.length
  ) throw malformed();
  return { dari, createdAtMs, store: { identity, revision, schema }, files };
}

function fileOf(value: unknown): BackupFile {
  const { name, bytes, sha256 } = objectOf(value);
  if (typeof name !== "string" || !backupFiles.includes(name)) throw malformed();
  if (!isCount(bytes) || typeof sha256 !== "string") throw malformed();
  return { name, bytes, sha256 };
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
