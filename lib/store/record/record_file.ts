/**
 * A record as a file, to whose end a store adds.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { reasonOf } from "../../base/file/files.ts";
import { openOwnFile } from "../../base/file/own_file.ts";
import { limits } from "../../base/limits.ts";
import {
  headerOf,
  type KeptCommit,
  parseHeader,
  type RecordSeal,
  type StoreIdentity,
} from "./record_line.ts";

/** What is written to a record. */
export interface RecordSource {
  /** The store. */
  readonly identity: StoreIdentity;
  /** Its seal. */
  readonly seal: RecordSeal;
  /** Reads the commits after a version, the oldest first. */
  commitsSince(version: number): readonly KeptCommit[];
}

const LF = 10;

/**
 * Brings a record up to date: it adds what is missing, and returns when that is on the disk.
 *
 * @param path The file.
 * @param source The store.
 * @param copy Of a copy: the number that its file has to have; another file is left alone.
 * @returns The version of its last line.
 * @throws {DariError} `data` when the file is no record of this store; `configuration` when it is not a
 * copy and others can change it; `io` when it cannot be written.
 */
export async function extendRecord(
  path: string,
  source: RecordSource,
  copy?: { readonly file: number },
): Promise<number> {
  try {
    const isCopy = copy !== undefined;
    // A copy may be on a medium that has no owners and modes.
    using file = isCopy
      ? await Deno.open(path, { read: true, write: true })
      : await openOwnFile(path);
    await file.lock(true);
    const { size, ino } = await file.stat();
    if (isCopy && ino !== copy.file) throw new Deno.errors.NotFound("another file has its name");
    if (size < limits.recordHeaderBytes) await writeHeader(file, headerOf(source.identity.id));
    return await addMissing(file, source, path);
  } catch (cause) {
    if (cause instanceof DariError) throw cause;
    throw new DariError("io", `Cannot write record "${path}": ${reasonOf(cause)}`, { cause });
  }
}

/**
 * Makes a copy of a store's record, for instance beside a backup, in the place of what is there.
 *
 * @param path The new file.
 * @param source The store.
 * @returns The number of the file.
 * @throws {DariError} `io` when it cannot be written.
 */
export async function makeRecordCopy(path: string, source: RecordSource): Promise<number> {
  const { id } = source.identity;
  try {
    using file = await Deno.open(path, {
      write: true,
      read: true,
      create: true,
      truncate: true,
      mode: 0o600,
    });
    await file.lock(true);
    const { ino } = await file.stat();
    const number = ino ?? 0;
    const sealed = await source.seal.seal(String(number), { id, before: 0, version: 0 });
    await writeAll(file, `${headerOf(id, sealed)}\n`);
    await addMissing(file, source, path);
    return number;
  } catch (cause) {
    if (cause instanceof DariError) throw cause;
    throw new DariError("io", `Cannot write record "${path}": ${reasonOf(cause)}`, { cause });
  }
}

/** The file is locked, and has its header. */
async function addMissing(file: Deno.FsFile, source: RecordSource, path: string): Promise<number> {
  const end = await findEnd(file);
  const header = parseHeader(end.firstLine);
  const { id } = source.identity;
  if (header?.id !== id) {
    throw new DariError(
      "data",
      `"${path}" is no record of this store; move it away, or put the store back that it belongs to`,
    );
  }
  const { text, version } = await linesAfter(end.version, source);
  if (end.isCut) await file.truncate(end.position);
  if (text === "") return version;
  await file.seek(end.position, Deno.SeekMode.Start);
  await writeAll(file, text);
  await dropOld(file, source, end);
  return version;
}

/**
 * Writes a record anew, where most of it no longer matters. In its place, since a copy is known by the
 * number of its file. A crash meanwhile costs nothing: the store adds what is missing.
 */
async function dropOld(file: Deno.FsFile, source: RecordSource, end: RecordEnd): Promise<void> {
  const { size } = await file.stat();
  const bytes = limits.recordRewriteBytes;
  // Looked at only when a further `bytes` are full, since counting takes as long as writing.
  if (Math.floor(size / bytes) === Math.floor(end.position / bytes)) return;
  const lines = await linesAfter(0, source);
  if (lines.text.length * 2 > size) return;
  await file.truncate(end.firstLine.length + 1);
  await file.seek(0, Deno.SeekMode.End);
  await writeAll(file, lines.text);
}

/** The lines of all commits after a version, and the version of the last one. */
async function linesAfter(
  from: number,
  { identity: { id }, seal, commitsSince }: RecordSource,
): Promise<{ text: string; version: number }> {
  let before = from;
  let text = "";
  for (const { version, changes } of commitsSince(from)) {
    text += `${await seal.seal(JSON.stringify(changes), { id, before, version })} ${version}\n`;
    before = version;
  }
  return { text, version: before };
}

/** Writes the first line, where there is none, or a part that a crash or a full disk has left. */
async function writeHeader(file: Deno.FsFile, header: string): Promise<void> {
  const { size } = await file.stat();
  const text = new TextDecoder().decode(await readAt(file, 0, size));
  if (text.includes("\n") || !header.startsWith(text)) return;
  await file.truncate();
  await file.seek(0, Deno.SeekMode.Start);
  await writeAll(file, `${header}\n`);
}

interface RecordEnd {
  readonly firstLine: string;
  /** Behind the last whole line. */
  readonly position: number;
  /** Whether a part of a line follows, which a crash has left. */
  readonly isCut: boolean;
  /** The version of the last line; 0 where there is only the header. */
  readonly version: number;
}

/** Reads only the beginning and the end, however long the record is. */
async function findEnd(file: Deno.FsFile): Promise<RecordEnd> {
  const { size } = await file.stat();
  const first = await readAt(file, 0, Math.min(size, limits.recordHeaderBytes));
  const headerEnd = first.indexOf(LF) + 1;
  const firstLine = new TextDecoder().decode(first.subarray(0, Math.max(headerEnd - 1, 0)));
  for (let length = limits.recordTailBytes;; length *= 2) {
    const from = Math.max(0, size - length);
    const tail = await readAt(file, from, size - from);
    const last = tail.lastIndexOf(LF);
    if (last < 0 && from > 0) continue;
    const position = from + last + 1;
    // The version stands at the end of its line, so that this is found without the rest of it.
    const digits = /(?:^| )(\d{1,16})$/.exec(
      new TextDecoder().decode(tail.subarray(Math.max(0, last - 20), Math.max(0, last))),
    );
    const version = position <= headerEnd ? 0 : Number(digits?.[1] ?? Number.NaN);
    if (Number.isNaN(version)) throw new DariError("data", "The record ends in a malformed line");
    return { firstLine, position, isCut: position < size, version };
  }
}

async function readAt(file: Deno.FsFile, from: number, length: number): Promise<Uint8Array> {
  await file.seek(from, Deno.SeekMode.Start);
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const count = await file.read(bytes.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}

async function writeAll(file: Deno.FsFile, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let sent = 0; sent < bytes.length;) sent += await file.write(bytes.subarray(sent));
  await file.syncData();
}
