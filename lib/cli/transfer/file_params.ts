/**
 * Files among the params of a call, as they are named on the command line.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { fileInfo, type FileSource } from "../../protocol/values/stream_source.ts";
import { openFile } from "../../rpc/file/open_file.ts";

/** The params of a call, and how far their files were read. */
export interface ParamsWithFiles {
  /** The params. */
  readonly params: unknown;
  /** The bytes of all files. */
  readonly size: number;
}

/**
 * Puts files among params.
 *
 * @param params The other params.
 * @param pairs What was typed: `NAME=PATH`.
 * @param onRead Told of the bytes of all files that were read since the call was made.
 * @returns The params.
 * @throws {DariError} `usage` for what is no pair, and for a name that another param has; `not_found`,
 * `failed_precondition` or `io` for what is no file that can be read.
 */
export function withFiles(
  params: unknown,
  pairs: readonly string[],
  onRead: (bytes: number) => void,
): ParamsWithFiles {
  if (pairs.length === 0) return { params, size: 0 };
  if (Array.isArray(params)) {
    throw new DariError("usage", "--file names a param, so --params must be an object");
  }
  const named = new Map<string, unknown>(Object.entries(params ?? {}));
  const read = new Map<string, number>();
  let size = 0;
  for (const pair of pairs) {
    const [name, path] = splitPair(pair);
    if (named.has(name)) {
      throw new DariError("usage", `The param ${JSON.stringify(name)} is given twice`);
    }
    const file = openFile(path);
    size += file[fileInfo].size;
    named.set(
      name,
      counted(file, (bytes) => {
        read.set(name, bytes);
        onRead(read.values().reduce((sum, each) => sum + each, 0));
      }),
    );
  }
  return { params: Object.fromEntries(named), size };
}

function splitPair(pair: string): [name: string, path: string] {
  const [, name, path] = /^([^=]+)=(.+)$/s.exec(pair) ?? [];
  if (name !== undefined && path !== undefined) return [name, path];
  throw new DariError("usage", `--file takes NAME=PATH, not ${JSON.stringify(pair)}`);
}

/** A file that says how much of it was read since it was last begun. */
function counted(file: FileSource, onRead: (bytes: number) => void): FileSource {
  return {
    [fileInfo]: file[fileInfo],
    async *read() {
      let bytes = 0;
      for await (const piece of file.read()) {
        onRead(bytes += piece.length);
        yield piece;
      }
    },
  };
}
