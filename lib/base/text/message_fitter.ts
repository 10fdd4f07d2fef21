/**
 * Lines and blobs that travel as messages of their own, as they do inside one process: the line
 * `#LENGTH` of a blob has nothing to say there, and the limit of a line is the same as everywhere.
 *
 * @module
 */

import { TransportError } from "../errors.ts";
import { limits } from "../limits.ts";
import { byteLength } from "./byte_length.ts";
import { fitLines, lineTooLong, oversizeLine } from "./oversize_line.ts";

const UNREADABLE_LINE = "\uFFFD\n";

/**
 * Says that the blobs of one message are so long that the connection is cut.
 *
 * @param bytes Their length together.
 * @param maxLineBytes The limit.
 * @returns The error, `resource_exhausted`.
 *
 * @example
 * ```ts
 * import { blobsTooLong } from "./message_fitter.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(blobsTooLong(70_000, 65_536).code, "resource_exhausted");
 * ```
 */
export function blobsTooLong(bytes: number, maxLineBytes: number): TransportError {
  return new TransportError(
    "resource_exhausted",
    `The blobs of a message have ${bytes} bytes, and at most ${maxLineBytes} are taken`,
    { retryable: false },
  );
}

/**
 * The line before a blob says no more than the blob itself, where both travel as messages.
 *
 * @param lines Lines of which the last one is `#LENGTH`.
 * @returns The others.
 *
 * @example
 * ```ts
 * import { withoutBlobHeader } from "./message_fitter.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(withoutBlobHeader('{"jsonrpc":"2.0"}\n#3\n'), '{"jsonrpc":"2.0"}\n');
 * ```
 */
export function withoutBlobHeader(lines: string): string {
  return lines.slice(0, lines.lastIndexOf("\n", lines.length - 2) + 1);
}

/**
 * Keeps messages within the limit, for transports that carry lines and blobs as messages of their own.
 *
 * Invariant: `#blobBytes` is the length of the blobs whose line has not come.
 *
 * @example
 * ```ts
 * import { MessageFitter } from "./message_fitter.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const fitter = new MessageFitter();
 * const limits = { takesBlobs: true, maxLineBytes: 64 };
 * assertEquals(fitter.blob(new Uint8Array(60), limits).length, 60);
 * assertEquals(fitter.lines("12345\n12345\n", 64), "\uFFFE65 64 12345\n12345\n");
 * ```
 */
export class MessageFitter {
  #blobBytes = 0;

  /**
   * Takes lines.
   *
   * @param lines One or more whole lines, each ended by LF.
   * @param maxLineBytes The longest line that is taken, together with its blobs.
   * @returns The lines; `oversizeLine` stands for one that is too long.
   * @throws {TransportError} `resource_exhausted` on a line over several times the limit.
   */
  lines(lines: string, maxLineBytes: number): string {
    const start = this.#blobBytes === 0 ? -1 : lines.search(/\S/);
    if (start < 0) return fitLines(lines, maxLineBytes);
    const begin = lines.lastIndexOf("\n", start) + 1;
    const end = lines.indexOf("\n", start);
    const line = lines.slice(begin, end);
    const bytes = byteLength(line) + this.#blobBytes;
    this.#blobBytes = 0;
    const most = limits.maxLineOverrun * maxLineBytes;
    if (bytes > most) throw lineTooLong(maxLineBytes, most);
    const head = line.slice(0, limits.oversizeHeadBytes);
    const first = bytes > maxLineBytes
      ? oversizeLine({ bytes, maxBytes: maxLineBytes, head })
      : line;
    return `${lines.slice(0, begin)}${first}\n${fitLines(lines.slice(end + 1), maxLineBytes)}`;
  }

  /**
   * Takes a blob.
   *
   * @param bytes The blob.
   * @param connection The end that receives it.
   * @returns The blob, or the line of U+FFFD that stands for it where blobs are not taken.
   * @throws {TransportError} `resource_exhausted` when the blobs of a message are over the limit.
   */
  blob(
    bytes: Uint8Array,
    { takesBlobs, maxLineBytes }: { takesBlobs: boolean; maxLineBytes: number },
  ): Uint8Array | string {
    if (!takesBlobs) return UNREADABLE_LINE;
    this.#blobBytes += bytes.length;
    if (this.#blobBytes > maxLineBytes) throw blobsTooLong(this.#blobBytes, maxLineBytes);
    return bytes;
  }
}
