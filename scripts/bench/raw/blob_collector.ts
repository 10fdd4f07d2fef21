/**
 * Blobs behind their length, out of chunks that are pushed, as node:tls pushes them.
 *
 * @module
 */

import { lengthOf } from "./bytes.ts";

const LENGTH_BYTES = lengthOf(new Uint8Array()).length;

/** Collects chunks until they hold a whole blob; one at a time. */
export class BlobCollector {
  #head: Uint8Array = new Uint8Array();
  #blob: Uint8Array | undefined;
  #filled = 0;

  /** Takes a chunk and gives the blob that has become whole. */
  take(chunk: Uint8Array): Uint8Array | undefined {
    let rest = chunk;
    if (this.#blob === undefined) {
      const start = new Uint8Array([...this.#head, ...rest.subarray(0, LENGTH_BYTES)]);
      rest = rest.subarray(LENGTH_BYTES - this.#head.length);
      this.#head = start.subarray(0, LENGTH_BYTES);
      if (this.#head.length < LENGTH_BYTES) return undefined;
      this.#blob = new Uint8Array(new DataView(this.#head.slice().buffer).getUint32(0));
      this.#filled = 0;
    }
    this.#blob.set(rest, this.#filled);
    this.#filled += rest.length;
    if (this.#filled < this.#blob.length) return undefined;
    const blob = this.#blob;
    this.#blob = undefined;
    this.#head = new Uint8Array();
    return blob;
  }
}
