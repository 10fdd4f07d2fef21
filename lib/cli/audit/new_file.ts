/**
 * A new file that is written line by line: it appears whole or not at all.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { reasonOf } from "../../base/file/reason.ts";
import { temporaryFor } from "../../base/file/temporary_files.ts";
import { limits } from "../../base/limits.ts";

/**
 * Writes lines to a new file that only its owner can use (mode 0600).
 *
 * @param path The file.
 * @param lines The lines, without their LF.
 * @returns How many there were.
 * @throws {DariError} `already_exists` when a file is in the way, `io` when it cannot be written.
 */
export async function writeNewLines(path: string, lines: AsyncIterable<string>): Promise<number> {
  const temporary = temporaryFor(path);
  try {
    const count = await writeAll(temporary, lines);
    await Deno.link(temporary, path);
    return count;
  } catch (cause) {
    if (cause instanceof DariError) throw cause;
    if (cause instanceof Deno.errors.AlreadyExists) {
      throw new DariError("already_exists", `"${path}" exists already; name another --out`, {
        cause,
      });
    }
    throw new DariError("io", `Cannot write "${path}": ${reasonOf(cause)}`, { cause });
  } finally {
    await Deno.remove(temporary).catch(() => {});
  }
}

async function writeAll(path: string, lines: AsyncIterable<string>): Promise<number> {
  using file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
  let count = 0;
  let text = "";
  for await (const line of lines) {
    text += `${line}\n`;
    count++;
    if (text.length < limits.auditPieceLength) continue;
    await write(file, text);
    text = "";
  }
  await write(file, text);
  await file.sync();
  return count;
}

async function write(file: Deno.FsFile, text: string): Promise<void> {
  for (let left = new TextEncoder().encode(text); left.length > 0;) {
    left = left.subarray(await file.write(left));
  }
}
