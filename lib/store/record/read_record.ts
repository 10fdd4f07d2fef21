/**
 * Reads a record again, for a restore.
 *
 * @module
 */

import { decodeHex } from "@std/encoding/hex";
import { DariError } from "../../base/errors.ts";
import { reasonOf } from "../../base/file/files.ts";
import { limits } from "../../base/limits.ts";
import {
  type KeptChange,
  type KeptCommit,
  parseHeader,
  parseLine,
  recordSeal,
  type StoreIdentity,
} from "./record_line.ts";

/** A record that was read. */
export interface ReadRecord {
  /** The version of its last line; 0 where there is none. */
  readonly version: number;
  /** The newest change of each key, in the order of their versions. */
  readonly commits: readonly KeptCommit[];
  /** Whether it is the file that the store adds to, and not a copy that somebody made of it. */
  readonly isOriginal: boolean;
}

/**
 * Reads the id of the store that a record belongs to.
 *
 * @param path The file.
 * @returns The id; `undefined` where there is no file, or it is no record.
 */
export async function recordOwner(path: string): Promise<string | undefined> {
  try {
    using file = await Deno.open(path, { read: true });
    const bytes = new Uint8Array(limits.recordHeaderBytes);
    const length = await file.read(bytes) ?? 0;
    const text = new TextDecoder().decode(bytes.subarray(0, length));
    return parseHeader(text.split("\n", 1)[0] ?? "")?.id;
  } catch {
    return undefined;
  }
}

/**
 * Reads a record.
 *
 * @param path The file.
 * @param identity The store that it has to belong to.
 * @returns What it holds; a last line that was cut counts as not written.
 * @throws {DariError} `data` where it is damaged or belongs to another store, `io` where it cannot be
 * read.
 */
export async function readRecord(path: string, identity: StoreIdentity): Promise<ReadRecord> {
  let text: string;
  let number: number | null;
  try {
    text = await Deno.readTextFile(path);
    number = (await Deno.stat(path)).ino;
  } catch (cause) {
    throw new DariError("io", `Cannot read record "${path}": ${reasonOf(cause)}`, { cause });
  }
  const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n").slice(0, -1);
  const seal = await recordSeal(identity);
  const header = parseHeader(lines[0] ?? "");
  if (header?.id !== identity.id) throw damaged(path, 1, "it is no record of this store");
  const { id } = header;
  const newest = new Map<string, { version: number; change: KeptChange }>();
  let before = 0;
  for (const [i, line] of lines.slice(1).entries()) {
    const parsed = parseLine(line);
    if (parsed === undefined || parsed.version <= before) {
      throw damaged(path, i + 2, "it is malformed");
    }
    const { sealed, version } = parsed;
    const opened = await seal.open(sealed, { id, before, version }).catch((cause) => {
      throw damaged(path, i + 2, reasonOf(cause));
    });
    for (const change of JSON.parse(opened) as KeptChange[]) {
      newest.delete(change.key);
      newest.set(change.key, { version, change });
    }
    before = version;
  }
  const isOriginal = header.file === undefined ||
    await seal.open(header.file, { id, before: 0, version: 0 }) === String(number);
  const commits = [...newest.values()].map(({ version, change }) => ({
    version,
    changes: [change],
  }));
  return { version: before, commits, isOriginal };
}

function damaged(path: string, line: number, reason: string): DariError {
  return new DariError("data", `Record "${path}" is damaged in line ${line}: ${reason}`);
}

/**
 * Reads the identity of a store from what its backup says.
 *
 * @param id The id.
 * @param recordKey The key.
 * @returns The identity; `undefined` where it is malformed.
 */
export function checkIdentity(id: unknown, recordKey: unknown): StoreIdentity | undefined {
  try {
    if (typeof id !== "string" || typeof recordKey !== "string") return undefined;
    return decodeHex(id).length === limits.storeIdBytes &&
        decodeHex(recordKey).length === limits.recordKeyBytes
      ? { id, recordKey }
      : undefined;
  } catch {
    return undefined;
  }
}
