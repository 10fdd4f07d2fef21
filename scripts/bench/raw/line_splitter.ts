/**
 * Whole lines out of chunks that are pushed, as node:tls pushes them.
 *
 * @module
 */

/** Collects chunks until they hold whole lines. */
export class LineSplitter {
  readonly #decoder = new TextDecoder();
  readonly #parts: Uint8Array[] = [];

  /** Takes a chunk and gives the lines that have become whole, without their LF. */
  take(chunk: Uint8Array): string[] {
    const end = chunk.lastIndexOf(0x0a);
    if (end < 0) {
      this.#parts.push(chunk);
      return [];
    }
    let text = "";
    for (const part of this.#parts) text += this.#decoder.decode(part, { stream: true });
    text += this.#decoder.decode(chunk.subarray(0, end));
    this.#parts.length = 0;
    if (end + 1 < chunk.length) this.#parts.push(chunk.subarray(end + 1));
    return text.split("\n");
  }
}
