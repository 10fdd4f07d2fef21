/**
 * What stands for a line that is too long. A transport does not keep such a line; it hands on its
 * beginning, from which the call that it belongs to can be told.
 *
 * @module
 */

import { byteLength } from "./byte_length.ts";
import { TransportError } from "../errors.ts";
import { limits } from "../limits.ts";

/** No JSON text begins with this noncharacter. */
const MARK = "\uFFFE";

/** A line that was too long. */
export interface OversizeLine {
  /** Its length in bytes, without LF. */
  readonly bytes: number;
  /** The longest line that the connection takes, in bytes. */
  readonly maxBytes: number;
  /** How it begins. */
  readonly head: string;
}

/**
 * Writes the line that a transport hands on in place of one that is too long.
 *
 * @param line What is known of it; `head` holds no LF.
 * @returns The text, without LF.
 *
 * @example
 * ```ts
 * import { oversizeLine, parseOversizeLine } from "./oversize_line.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const line = { bytes: 70_000, maxBytes: 65_536, head: '{"jsonrpc":"2.0","id":1' };
 * assertEquals(parseOversizeLine(oversizeLine(line)), line);
 * ```
 */
export function oversizeLine({ bytes, maxBytes, head }: OversizeLine): string {
  return `${MARK}${bytes} ${maxBytes} ${head}`;
}

/**
 * Reads what {@linkcode oversizeLine} wrote.
 *
 * @param line A line, without LF.
 * @returns What it says, or `undefined` where it is any other line.
 */
export function parseOversizeLine(line: string): OversizeLine | undefined {
  if (!line.startsWith(MARK)) return undefined;
  const [, bytes, maxBytes, head] = /^.(\d+) (\d+) (.*)$/su.exec(line) ?? [];
  if (head === undefined) return undefined;
  return { bytes: Number(bytes), maxBytes: Number(maxBytes), head };
}

/**
 * Says that a line is so far over its limit that the connection is cut.
 *
 * @param maxLineBytes The limit, in bytes without the LF.
 * @param most The bytes after which no end of the line is waited for.
 * @returns The error, `resource_exhausted`.
 *
 * @example
 * ```ts
 * import { lineTooLong } from "./oversize_line.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(lineTooLong(65_536, 262_144).code, "resource_exhausted");
 * ```
 */
export function lineTooLong(maxLineBytes: number, most: number): TransportError {
  return new TransportError(
    "resource_exhausted",
    `A line has more than ${most} bytes, and at most ${maxLineBytes} are taken`,
    { retryable: false },
  );
}

/**
 * Puts `oversizeLine` in the place of lines that are too long.
 *
 * @param lines One or more whole lines, each ended by LF.
 * @param maxLineBytes The longest line that is taken, in bytes without its LF.
 * @returns The lines.
 * @throws {TransportError} `resource_exhausted` on a line over several times the limit.
 *
 * @example
 * ```ts
 * import { fitLines } from "./oversize_line.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(fitLines("short\n", 64), "short\n");
 * assertEquals(fitLines(`${"x".repeat(80)}\n`, 64).startsWith("\uFFFE80 64 xxx"), true);
 * ```
 */
export function fitLines(lines: string, maxLineBytes: number): string {
  // A UTF-16 unit takes three bytes at the most.
  if (3 * lines.length <= maxLineBytes) return lines;
  return lines.split("\n").map((line) => {
    const bytes = 3 * line.length <= maxLineBytes ? 0 : byteLength(line);
    if (bytes <= maxLineBytes) return line;
    const most = limits.maxLineOverrun * maxLineBytes;
    if (bytes > most) throw lineTooLong(maxLineBytes, most);
    return oversizeLine({
      bytes,
      maxBytes: maxLineBytes,
      head: line.slice(0, limits.oversizeHeadBytes),
    });
  }).join("\n");
}
