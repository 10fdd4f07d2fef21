/**
 * What a socket reads into memory that all of them share, in place of new memory for each chunk, a
 * stream's queue and an event.
 *
 * @module
 */

import type { OnReadOpts } from "node:net"; // what a socket is connected with
import { limits } from "../../base/limits.ts";

/** A socket tells of each read at once, and the next one, of whichever socket, comes after that. */
const MEMORY = new Uint8Array(limits.tlsReadBytes);

/** The reads of one socket: kept until somebody takes them. */
export class SocketReads {
  /** What the socket is connected with. */
  readonly onread: OnReadOpts;
  /** What came before {@linkcode begin}. */
  readonly #early: Uint8Array[] = [];
  #take: ((chunk: Uint8Array) => void) | undefined;

  constructor() {
    const callback = (length: number, memory: Uint8Array) => this.#read(memory.subarray(0, length));
    this.onread = { buffer: MEMORY, callback };
  }

  /**
   * Takes what came before, and what comes.
   *
   * @param take Takes a chunk, which is overwritten once it returns.
   */
  begin(take: (chunk: Uint8Array) => void): void {
    this.#take = take;
    for (const chunk of this.#early.splice(0)) take(chunk);
  }

  /** @returns Whether the socket goes on reading; a listener of `data` makes it begin again. */
  #read(chunk: Uint8Array): boolean {
    if (this.#take === undefined) this.#early.push(chunk.slice());
    else this.#take(chunk);
    return this.#take !== undefined;
  }
}
