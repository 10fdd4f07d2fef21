/**
 * Bytes that a socket pushes, until they are received as lines and blobs.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { LineBuffer } from "../framing/line_buffer.ts";
import { textOfLinesAlone } from "../framing/line_search.ts";
import { decodeLines } from "../framing/text.ts";
import { tlsSizes } from "../stream_connection.ts";

const LF = 0x0a;

/**
 * Keeps what a socket has pushed, and gives it as lines and blobs.
 *
 * Invariants: `#unreadBytes` is the length of all `#chunks`. `#blob` is the one that came behind the
 * lines that were taken last.
 */
export class PushedChunks {
  /** The start of a line or blob whose end has not come. */
  readonly #buffer = new LineBuffer(limits.maxLineBytesBeforeSignIn, tlsSizes);
  readonly #chunks: Uint8Array[] = [];
  #unreadBytes = 0;
  #blob: Uint8Array | undefined;
  readonly #onError: (error: Error) => void;

  /** @param onError Called on a line or blob over the limit; what came before it is still taken. */
  constructor(onError: (error: Error) => void) {
    this.#onError = onError;
  }

  /** As that of a connection. */
  get maxLineBytes(): number {
    return this.#buffer.maxLineBytes;
  }

  set maxLineBytes(bytes: number) {
    this.#buffer.maxLineBytes = bytes;
  }

  /** As that of a connection. */
  get takesBlobs(): boolean {
    return this.#buffer.takesBlobs;
  }

  set takesBlobs(takes: boolean) {
    this.#buffer.takesBlobs = takes;
  }

  /** How many bytes were pushed and not looked at yet. */
  get unreadBytes(): number {
    return this.#unreadBytes;
  }

  /** How many bytes wait for the end of their line or blob. */
  get pendingBytes(): number {
    return this.#buffer.pendingBytes;
  }

  /**
   * Decodes a chunk that is a few whole lines, where nothing waits before it.
   *
   * @param chunk The chunk; it is not kept.
   * @returns Its text; `null` where it must be pushed.
   */
  linesAlone(chunk: Uint8Array): string | null {
    const isFirst = this.#unreadBytes === 0 && this.#blob === undefined && !this.#buffer.hasMore;
    return isFirst ? this.#decode(chunk) : null;
  }

  #decode(chunk: Uint8Array): string | null {
    const { maxLineBytes, takesBlobs, isAtLineStart } = this.#buffer;
    const isWhole = isAtLineStart && chunk[chunk.length - 1] === LF;
    if (!isWhole || chunk.length > maxLineBytes) return null;
    return takesBlobs ? textOfLinesAlone(chunk) : decodeLines(chunk);
  }

  /** Keeps a chunk. */
  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#unreadBytes += chunk.length;
  }

  /** Copies what was pushed and not looked at: its memory is somebody else's. */
  copyUnread(): void {
    for (const [i, chunk] of this.#chunks.entries()) this.#chunks[i] = chunk.slice();
  }

  /** Throws away what was not taken. */
  drop(): void {
    this.#chunks.length = 0;
    this.#unreadBytes = 0;
    this.#blob = undefined;
    this.#buffer.hasMore = false;
  }

  /** @returns The whole lines that have come, up to the next blob, or that blob, or `null`. */
  take(): string | Uint8Array | null {
    let lines: string | null = null;
    try {
      for (let piece = this.#nextPiece(); piece !== undefined; piece = this.#nextPiece()) {
        if (typeof piece === "string") lines = lines === null ? piece : lines + piece;
        else if (piece !== null) {
          if (lines === null) return piece;
          this.#blob = piece;
          break;
        }
      }
    } catch (error) {
      this.#onError(error instanceof Error ? error : new Error(String(error)));
    }
    return lines;
  }

  /** `undefined` where nothing more was pushed. */
  #nextPiece(): string | Uint8Array | null | undefined {
    const blob = this.#blob;
    this.#blob = undefined;
    if (blob !== undefined) return blob;
    if (this.#buffer.hasMore) return this.#buffer.take();
    const chunk = this.#chunks.shift();
    if (chunk === undefined) return undefined;
    const lines = this.#decode(chunk);
    if (lines !== null || !this.#buffer.takesBlobs) {
      this.#unreadBytes -= chunk.length;
      return lines ?? this.#buffer.append(chunk);
    }
    const length = this.#buffer.put(chunk);
    this.#unreadBytes -= length;
    if (length < chunk.length) this.#chunks.unshift(chunk.subarray(length));
    return this.#buffer.take();
  }
}
