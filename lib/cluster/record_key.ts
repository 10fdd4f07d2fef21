/**
 * The key of the records that the servers of a cluster share. Its owner reads and writes accounts,
 * sessions and keys; the NATS servers do not have it.
 *
 * @module
 */

import { decodeBase64Url, encodeBase64Url } from "@std/encoding/base64url";
import { DariError } from "../base/errors.ts";
import { exists } from "../base/file/file_state.ts";
import { readSecretFile, writeFileAtomic } from "../base/file/files.ts";
import { limits } from "../base/limits.ts";

/** 32 random bytes. */
export type RecordKey = Uint8Array<ArrayBuffer>;

/**
 * The file of the key.
 *
 * @param directory The data directory.
 */
export function recordKeyPath(directory: string): string {
  return `${directory}/${limits.clusterKeyFile}`;
}

/**
 * Reads the key of a data directory.
 *
 * @param directory The data directory.
 * @returns The key; `undefined` where the directory has none, so that its server shares no state.
 * @throws {DariError} `configuration` when other users own the file or can use it, `data` when it is
 * damaged, `io` when it cannot be read.
 */
export async function readRecordKey(directory: string): Promise<RecordKey | undefined> {
  return await readKey(recordKeyPath(directory));
}

/**
 * Reads the key of a move that was cut.
 *
 * @param directory The data directory.
 * @returns The key; `undefined` where there was none.
 * @throws {DariError} As {@linkcode readRecordKey}.
 */
export async function readMovingKey(directory: string): Promise<RecordKey | undefined> {
  return await readKey(movingKeyPath(directory));
}

async function readKey(path: string): Promise<RecordKey | undefined> {
  if (!await exists(path)) return undefined;
  const key = parseRecordKey(await readSecretFile(path));
  if (key !== undefined) return key;
  throw new DariError(
    "data",
    `"${path}" is damaged: it has no key of ${limits.clusterKeyBytes} bytes in base64url; copy it ` +
      "from another server of the cluster",
  );
}

/**
 * The file of the key while a directory moves into a cluster and does not belong to it yet.
 *
 * @param directory The data directory.
 */
export function movingKeyPath(directory: string): string {
  return `${recordKeyPath(directory)}.moving`;
}

/** Makes a key. */
export function makeRecordKey(): RecordKey {
  return crypto.getRandomValues(new Uint8Array(limits.clusterKeyBytes));
}

/**
 * Writes a key that another server handed over.
 *
 * @param directory The data directory, which exists.
 * @param key The key.
 * @throws {DariError} `already_exists` when the directory has another key: its server belongs to
 * another cluster. With the same key nothing is done.
 */
export async function saveRecordKey(directory: string, key: RecordKey): Promise<void> {
  const kept = await readRecordKey(directory);
  if (kept === undefined) {
    const path = recordKeyPath(directory);
    return await writeFileAtomic(path, formatRecordKey(key), { createNew: true });
  }
  if (kept.every((byte, at) => byte === key[at])) return;
  throw new DariError(
    "already_exists",
    `"${recordKeyPath(directory)}" is the key of another cluster; it was left as it is`,
  );
}

/**
 * Writes a key as the text of its file.
 *
 * @param key The key.
 * @returns Its base64url and a line feed.
 */
export function formatRecordKey(key: RecordKey): string {
  return `${encodeBase64Url(key)}\n`;
}

/**
 * Reads a key from the text of its file.
 *
 * @param text The text, with or without the line feed.
 * @returns The key; `undefined` where the text is not one.
 */
export function parseRecordKey(text: string): RecordKey | undefined {
  try {
    const key = Uint8Array.from(decodeBase64Url(text.replace(/\n$/, "")));
    return key.length === limits.clusterKeyBytes ? key : undefined;
  } catch {
    return undefined;
  }
}
