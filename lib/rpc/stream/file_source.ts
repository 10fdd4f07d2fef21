/**
 * Files that are sent inside values, and that arrive inside them.
 *
 * @module
 */

import type { FileInfo, fileInfo } from "../../protocol/values/stream_source.ts";
import type { ItemStream } from "./item_stream.ts";

/** A file that is read piece by piece when it is sent, from wherever its reader wants it. */
export interface FileSource {
  /** What is known of it. */
  readonly [fileInfo]: FileInfo;
  /**
   * Reads it.
   *
   * @param offset The byte to begin at.
   */
  read(offset: number): AsyncIterable<Uint8Array>;
}

/** A file that arrives: its bytes come as they are read. */
export class ReceivedFile implements AsyncIterable<Uint8Array> {
  /** Its name without folders, where the sender said it. It is data: never open a file by it unseen. */
  readonly name: string | undefined;
  /** Its length in bytes, as the sender said it. */
  readonly size: number;
  /** Its media type, where the sender said it. */
  readonly type: string | undefined;
  readonly #items: ItemStream<Uint8Array>;

  /**
   * @param info What the sender said of it.
   * @param items Its bytes.
   */
  constructor({ name, size, type }: FileInfo, items: ItemStream<Uint8Array>) {
    this.name = name;
    this.size = size;
    this.type = type;
    this.#items = items;
  }

  /** Its bytes, piece by piece; they can be read once. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array> {
    return this.#items;
  }
}
