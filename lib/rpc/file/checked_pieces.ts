/**
 * The bytes of a file that arrives, compared with what its sender said of it.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import type { Sha256 } from "../../base/file/sha256.ts";
import type { ItemStream } from "../stream/item_stream.ts";

/** The bytes of a file that arrived. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** What a file is compared with. */
export interface FileCheck {
  /** Its length in bytes, as its sender said it. */
  readonly size: number;
  /** The byte at which it begins. */
  readonly offset: number;
  /**
   * Its hash, to which the bytes before the offset have been added when the first piece is read; without
   * it only the length is compared.
   */
  readonly hash: Sha256 | Promise<Sha256> | undefined;
}

/** The bytes of one file, in order. */
export class CheckedPieces implements AsyncIterableIterator<Bytes, undefined, undefined> {
  readonly #items: ItemStream<unknown>;
  readonly #check: FileCheck;
  /** The bytes before the offset, and those that came. */
  #length: number;

  /**
   * @param items What arrives; its reader has begun.
   * @param check What it is compared with.
   */
  constructor(items: ItemStream<unknown>, check: FileCheck) {
    this.#items = items;
    this.#check = check;
    this.#length = check.offset;
  }

  /**
   * Waits for the next bytes.
   *
   * @throws {DariError} `data` where the file is not what its sender said; `cancelled` where its call
   * ended before; what ended the stream.
   */
  async next(): Promise<IteratorResult<Bytes, undefined>> {
    const { done, value } = await this.#items.next();
    const hash = await this.#check.hash;
    if (done) {
      // With its call, for instance: nothing is known against the bytes that came.
      if (this.#items.isLeft) throw left();
      this.#compare(value, hash);
      return { done: true, value: undefined };
    }
    const bytes = value as Bytes;
    this.#length += bytes instanceof Uint8Array ? bytes.length : Infinity;
    if (this.#length > this.#check.size) {
      await this.#items.return();
      throw notTheFile(`more came than its ${this.#check.size} bytes`);
    }
    hash?.update(bytes);
    return { done: false, value: bytes };
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    await this.#items.return();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #compare(sha256: unknown, hash: Sha256 | undefined): void {
    const { size, offset } = this.#check;
    if (this.#length < size) throw notTheFile(`${this.#length} of its ${size} bytes came`);
    if (hash === undefined) return;
    if (sha256 === undefined && offset === 0) return; // a sender that tells no hash
    if (hash.digest() !== sha256) {
      throw notTheFile("its SHA-256 is not the one that its sender told");
    }
  }
}

function left(): DariError {
  return new DariError("cancelled", "The file was not received to its end: its call has ended");
}

function notTheFile(reason: string): DariError {
  return new DariError("data", `What arrived is not the file that was sent: ${reason}`);
}
