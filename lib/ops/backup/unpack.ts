/**
 * Reads a backup and holds each file against what the manifest says of it.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { reasonOf } from "../../base/file/files.ts";
import { createSha256 } from "../../base/file/sha256.ts";
import { limits } from "../../base/limits.ts";
import { openArchive } from "./archive.ts";
import { type BackupFile, MANIFEST, type Manifest, parseManifest } from "./manifest.ts";

/** How a backup is read. */
export interface UnpackOptions {
  /** The backup. */
  readonly file: string;
  /** Its passphrase. */
  readonly passphrase: string;
  /** The directory that gets the files; without one they are only checked. */
  readonly into?: string | undefined;
}

/**
 * Reads a whole backup.
 *
 * @param options What is read, and where it goes.
 * @returns What it is.
 * @throws {DariError} `not_found` where there is no file, `permission_denied` for a wrong passphrase,
 * `data` where it is cut or damaged, `configuration` where a newer dari made it, `io` where something
 * cannot be read or written.
 */
export async function unpackBackup(options: UnpackOptions): Promise<Manifest> {
  const { file, passphrase, into } = options;
  let manifest: Manifest | undefined;
  let taken = 0;
  try {
    using source = await Deno.open(file, { read: true });
    // Closed by `using` as well: not every failure of the reader reaches the file.
    const bytes = readableOf(source);
    await openArchive(bytes, passphrase, async (name, size, body) => {
      if (manifest === undefined) {
        if (name !== MANIFEST || size > limits.maxManifestBytes) throw differs(name);
        manifest = parseManifest(
          await new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>).text(),
        );
        return;
      }
      const expected = manifest.files[taken++];
      if (expected?.name !== name || expected.bytes !== size) throw differs(name);
      await takeFile(expected, body, into);
    });
  } catch (cause) {
    throw unpackError(cause, file);
  }
  if (manifest === undefined || taken < manifest.files.length) {
    throw new DariError("data", `Backup "${file}": it is cut: files are missing`);
  }
  return manifest;
}

/** The bytes of a file, which stays its opener's to close. */
function readableOf(file: Deno.FsFile): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const bytes = new Uint8Array(limits.backupReadBytes);
      const count = await file.read(bytes);
      if (count === null) controller.close();
      else controller.enqueue(bytes.subarray(0, count));
    },
  });
}

async function takeFile(
  { name, sha256 }: BackupFile,
  body: ReadableStream<Uint8Array>,
  into: string | undefined,
): Promise<void> {
  const hash = await createSha256();
  using target = into === undefined
    ? undefined
    : await Deno.open(`${into}/${name}`, { write: true, createNew: true, mode: 0o600 });
  for await (const piece of body) {
    hash.update(piece);
    for (let sent = 0; target !== undefined && sent < piece.length;) {
      sent += await target.write(piece.subarray(sent));
    }
  }
  await target?.sync();
  if (hash.digest() !== sha256) throw differs(name);
}

function differs(name: string): DariError {
  return new DariError("data", `"${name}" is not what the backup says of it; nothing was used`);
}

function unpackError(cause: unknown, file: string): DariError {
  if (cause instanceof Deno.errors.NotFound) {
    return new DariError("not_found", `There is no backup "${file}"`, { cause });
  }
  if (cause instanceof DariError) {
    return new DariError(cause.code, `Backup "${file}": ${cause.message}`, { cause });
  }
  return new DariError("io", `Cannot read backup "${file}": ${reasonOf(cause)}`, { cause });
}
