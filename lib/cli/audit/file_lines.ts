/**
 * The lines of a file that may be larger than the memory.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { reasonOf } from "../../base/file/reason.ts";
import { limits } from "../../base/limits.ts";

/**
 * Reads a file line by line.
 *
 * @param path The file.
 * @throws {DariError} `io` when it cannot be read, `data` for a line that is too long.
 */
export async function* linesOfFile(path: string): AsyncIterableIterator<string> {
  let left = "";
  let number = 1;
  try {
    using source = await Deno.open(path);
    for await (const piece of source.readable.pipeThrough(new TextDecoderStream())) {
      const lines = (left + piece).split("\n");
      left = lines.pop()!;
      number += lines.length;
      yield* lines;
      if (left.length > limits.maxAuditLineBytes) {
        throw new DariError("data", `Line ${number} of "${path}" is too long for an audit`);
      }
    }
  } catch (cause) {
    if (cause instanceof DariError) throw cause;
    throw new DariError("io", `Cannot read "${path}": ${reasonOf(cause)}`, { cause });
  }
  if (left !== "") yield left;
}
