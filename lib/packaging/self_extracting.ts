/**
 * An executable that carries the Deno binary and a program, and unpacks them when it first starts.
 *
 * @module
 */

import { DariError } from "../base/errors.ts";
import { reasonOf } from "../base/file/files.ts";
import { launcherText, type PackedFile } from "./launcher.ts";
import type { ProgramFile } from "./bundled_files.ts";
import { hashOf } from "./program.ts";

/** The program to pack. */
export interface PackOptions {
  /** A description of the program, in one line. */
  readonly title: string;
  /** The program's files; `cli.js` is started. */
  readonly files: readonly ProgramFile[];
  /** Shell words that come before the user's; $dir is the unpacked program. */
  readonly words?: readonly string[];
  /** Permission flags beside those of every command. */
  readonly permissions?: readonly string[];
  /** Commands of dari that a service has too: they come without its words. */
  readonly commands?: readonly string[];
}

/** The sizes of an executable and its parts, in bytes. */
export interface Sizes {
  /** The whole file. */
  readonly executable: number;
  /** The Deno binary in it. */
  readonly runtime: number;
  /** The program in it. */
  readonly program: number;
}

/**
 * Writes a self-extracting executable: the launcher, the program's files, the Deno binary that runs.
 *
 * @param path Where; a file that is there is replaced.
 * @param options The program.
 * @returns The sizes.
 * @throws {DariError} `failed_precondition` on Windows, `io` when it cannot be written.
 */
export async function writeSelfExtracting(path: string, options: PackOptions): Promise<Sizes> {
  if (Deno.build.os === "windows") {
    throw new DariError(
      "failed_precondition",
      "The self-extracting form needs a POSIX shell; on Windows compile where denort can be fetched",
    );
  }
  const { title, files, words = [], permissions = [], commands = [] } = options;
  const runtime = await Deno.readFile(Deno.execPath());
  const packed: PackedFile[] = [];
  let offset = 0;
  for (const { name, bytes } of files) {
    packed.push({ name, offset, length: bytes.length, hash: await hashOf(bytes) });
    offset += bytes.length;
  }
  const hash = await hashOf(runtime);
  const content = [hash, ...packed.map((file) => `${file.hash} ${file.name}`)].join("\n");
  const launcher = new TextEncoder().encode(launcherText({
    title,
    id: (await hashOf(new TextEncoder().encode(content))).slice(0, 32),
    files: packed,
    runtime: { name: "deno", offset, length: runtime.length, hash },
    words,
    permissions,
    commands,
  }));
  await writeParts(path, [launcher, ...files.map(({ bytes }) => bytes), runtime]);
  return {
    executable: launcher.length + offset + runtime.length,
    runtime: runtime.length,
    program: offset,
  };
}

/**
 * A size as people read it.
 *
 * @param bytes The size.
 * @returns For instance `97.1 MB`.
 */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Writes under another name first, so that a half-written executable never has its name. */
async function writeParts(path: string, parts: readonly Uint8Array[]): Promise<void> {
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    {
      using file = await Deno.open(temporary, { write: true, createNew: true, mode: 0o755 });
      for (const part of parts) {
        for (let sent = 0; sent < part.length;) sent += await file.write(part.subarray(sent));
      }
    }
    await Deno.chmod(temporary, 0o755);
    await Deno.rename(temporary, path);
  } catch (cause) {
    await Deno.remove(temporary).catch(() => {});
    throw new DariError("io", `Cannot write "${path}": ${reasonOf(cause)}`, { cause });
  }
}
