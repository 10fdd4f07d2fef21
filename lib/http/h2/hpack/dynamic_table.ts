/**
 * The headers that a client has sent before and names by their numbers.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7541#section-4 | RFC 7541}, section 4
 * @module
 */

import type { Header } from "./static_table.ts";

/** What an entry counts beside its name and value (section 4.1). */
const ENTRY_OVERHEAD_BYTES = 32;

/** The table of one connection, newest entry first. */
export class DynamicTable {
  /** Oldest first, from `#from` on. */
  #entries: Header[] = [];
  #from = 0;
  #bytes = 0;
  #maxBytes: number;

  /** @param maxBytes The most bytes of all entries. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** How many entries there are. */
  get length(): number {
    return this.#entries.length - this.#from;
  }

  /**
   * Reads an entry.
   *
   * @param index Its place, from the newest on; 0 is the newest.
   * @returns The header; `undefined` where there is none.
   */
  at(index: number): Header | undefined {
    return index < this.length ? this.#entries[this.#entries.length - 1 - index] : undefined;
  }

  /**
   * Adds an entry. One that is longer than the whole table empties it (section 4.4).
   *
   * @param header The header.
   */
  add(header: Header): void {
    this.#bytes += sizeOf(header);
    this.#entries.push(header);
    this.#evict();
  }

  /**
   * Changes how much fits.
   *
   * @param maxBytes The most bytes from now on.
   */
  resize(maxBytes: number): void {
    this.#maxBytes = maxBytes;
    this.#evict();
  }

  #evict(): void {
    while (this.#bytes > this.#maxBytes) this.#bytes -= sizeOf(this.#entries[this.#from++]!);
    // The evicted ones are dropped together: one at a time, each would move all others.
    if (this.#from * 2 <= this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#from);
    this.#from = 0;
  }
}

function sizeOf([name, value]: Header): number {
  return name.length + value.length + ENTRY_OVERHEAD_BYTES;
}
