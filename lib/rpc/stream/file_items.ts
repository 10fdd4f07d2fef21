/**
 * The bytes of a file that is sent, and their hash.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { createSha256, type Sha256 } from "../../base/file/sha256.ts";
import { turnIfDue } from "../../base/turn.ts";
import { iteratorOf, type StreamSource } from "./sources.ts";

/**
 * Reads a file for its stream. All of it is read, because the receiver compares the hash of all of it;
 * what lies before the offset is not given.
 */
export class FileItems implements AsyncIterator<Uint8Array, string | undefined> {
  readonly #pieces: AsyncIterator<unknown>;
  readonly #size: number;
  readonly #offset: number;
  /** How many bytes were read. */
  #read = 0;
  /** Made by the first `next`. */
  #hash: Sha256 | undefined;
  #isEnded = false;

  /**
   * Begins to read a file.
   *
   * @param source The file.
   * @param size Its length in bytes, as its receiver was told.
   * @param offset The byte at which its receiver wants it to begin.
   * @throws {DariError} `invalid_params` for an offset that is none in this file.
   */
  constructor(source: StreamSource, size: number, offset: unknown = 0) {
    if (!Number.isSafeInteger(offset) || (offset as number) < 0 || (offset as number) > size) {
      throw new DariError(
        "invalid_params",
        `The offset must be a whole number from 0 to the file's ${size} bytes`,
      );
    }
    this.#pieces = iteratorOf(source);
    this.#size = size;
    this.#offset = offset as number;
  }

  /** @returns The next bytes; at the end the SHA-256 of the whole file in hexadecimal. */
  async next(): Promise<IteratorResult<Uint8Array, string | undefined>> {
    const hash = this.#hash ??= await createSha256();
    while (!this.#isEnded) {
      const { done, value } = await this.#pieces.next();
      if (done) return this.#finish(hash);
      const bytes = value as Uint8Array;
      this.#read += bytes.length;
      if (this.#read > this.#size) throw this.#changed();
      hash.update(bytes);
      const beyond = this.#read - this.#offset;
      if (beyond > 0) return { done: false, value: bytes.subarray(-beyond) };
      const due = turnIfDue();
      if (due !== undefined) await due;
    }
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#isEnded = true;
    await this.#pieces.return?.();
    return { done: true, value: undefined };
  }

  #finish(hash: Sha256): IteratorReturnResult<string> {
    this.#isEnded = true;
    if (this.#read < this.#size) throw this.#changed();
    return { done: true, value: hash.digest() };
  }

  #changed(): DariError {
    const found = this.#read > this.#size ? "more" : this.#read;
    return new DariError(
      "failed_precondition",
      `The file changed: it had ${this.#size} bytes when it was named, and ${found} were read`,
    );
  }
}
