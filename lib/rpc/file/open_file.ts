/**
 * Files of the disk, as they are sent.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { reasonOf } from "../../base/file/files.ts";
import { limits } from "../../base/limits.ts";
import { fileInfo, type FileSource } from "../../protocol/values/stream_source.ts";
import { baseName } from "./base_name.ts";

/** What is told of a file to its receiver. */
export interface OpenFileOptions {
  /** Its name. @default {the last part of its path} */
  readonly name?: string | undefined;
  /** Its media type. @default {nothing is said of it} */
  readonly type?: string | undefined;
}

/**
 * Names a file of the disk, to be sent among params, results or items. It is opened when its receiver
 * begins to read, read piece by piece, and closed however that ends. What is appended to it meanwhile
 * is not sent; one that was cut fails its receiver.
 *
 * @param path The file.
 * @param options What its receiver is told.
 * @returns What is sent.
 * @throws {DariError} `not_found` if there is no such file, `failed_precondition` if it is not a
 * regular file, `io` if it cannot be looked at.
 *
 * @example
 * ```ts
 * import { connect, listenMemory, openFile, type ReceivedFile, serve } from "@dari/dari";
 * import { assertEquals } from "@std/assert";
 *
 * const path = await Deno.makeTempFile({ suffix: ".txt" });
 * await Deno.writeTextFile(path, "hello");
 * const memory = listenMemory();
 * await using server = await serve({
 *   listen: memory,
 *   methods: { length: async ({ file }: { file: ReceivedFile }) => (await file.bytes()).length },
 * });
 * await using client = await connect(memory);
 * assertEquals(await client.call("length", { file: openFile(path) }), 5);
 * await Deno.remove(path);
 * ```
 */
export function openFile(path: string, { name, type }: OpenFileOptions = {}): FileSource {
  const { size, isFile } = statusOf(path);
  if (!isFile) {
    throw new DariError("failed_precondition", `${shown(path)} is not a regular file`);
  }
  return {
    [fileInfo]: { name: name ?? baseName(path), size, type },
    read: () => pieces(path, size),
  };
}

function statusOf(path: string): Deno.FileInfo {
  try {
    return Deno.statSync(path);
  } catch (cause) {
    throw failure(path, cause);
  }
}

async function* pieces(path: string, size: number): AsyncGenerator<Uint8Array> {
  using file = await opened(path);
  for (let left = size; left > 0;) {
    // Memory of its own for each: the last one may still wait to be sent.
    const bytes = new Uint8Array(Math.min(left, limits.streamChunkBytes));
    const length = await file.read(bytes).catch((cause) => {
      throw failure(path, cause);
    });
    if (length === null) return;
    left -= length;
    yield bytes.subarray(0, length);
  }
}

async function opened(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, { read: true });
  } catch (cause) {
    throw failure(path, cause);
  }
}

/** Without the folder where a peer may read it: the path is no business of the peer's. */
function failure(path: string, cause: unknown): DariError {
  return cause instanceof Deno.errors.NotFound
    ? new DariError("not_found", `There is no file ${shown(path)}`, { cause })
    : new DariError("io", `Cannot read "${path}": ${reasonOf(cause)}`, { cause });
}

function shown(path: string): string {
  return JSON.stringify(baseName(path));
}
