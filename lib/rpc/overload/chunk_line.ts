/**
 * What a connection has received and not served, since the thread was busy.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";

/** Lines, or raw bytes, that came together. */
export interface Chunk {
  /** Whole lines, each with its LF; or bytes that belong to the line behind them. */
  readonly received: string | Uint8Array;
  /** Where the first line begins that was not served. */
  start: number;
  /** Whether every line has as many bytes as characters, or nobody counts them. */
  readonly isAscii: boolean;
  /** When they came, on the monotonic clock. */
  arrivedAt: number;
}

/** The chunks of one connection that wait, oldest first. */
export class ChunkLine {
  readonly #chunks: Chunk[] = [];
  #length = 0;
  /** Made by whoever waits, resolved and forgotten once a chunk has left. */
  #left: PromiseWithResolvers<void> | undefined;

  /** The oldest chunk. */
  get first(): Chunk | undefined {
    return this.#chunks[0];
  }

  /** Whether none waits. */
  get isEmpty(): boolean {
    return this.#chunks.length === 0;
  }

  /** Whether so much waits that nothing more should be read. */
  get isFull(): boolean {
    return this.#length >= limits.maxWaitingCharacters;
  }

  /** Adds a chunk. */
  push(chunk: Chunk): void {
    this.#chunks.push(chunk);
    this.#length += chunk.received.length;
  }

  /** Removes the oldest chunk, which was served. */
  shift(): void {
    this.#length -= this.#chunks.shift()?.received.length ?? 0;
    this.wake();
  }

  /** Says that all chunks came just now. */
  restamp(now: number): void {
    for (const chunk of this.#chunks) chunk.arrivedAt = now;
  }

  /** Removes all chunks. */
  clear(): void {
    this.#chunks.length = this.#length = 0;
    this.wake();
  }

  /** Resolves once a chunk has left, or something else has changed. */
  changed(): Promise<void> {
    this.#left ??= Promise.withResolvers<void>();
    return this.#left.promise;
  }

  /** Lets those look again who wait for a change. */
  wake(): void {
    this.#left?.resolve();
    this.#left = undefined;
  }
}
