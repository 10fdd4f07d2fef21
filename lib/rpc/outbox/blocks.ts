/**
 * What leaves in one write each.
 *
 * @module
 */

/** Lines that leave in one write, and raw bytes behind the last of them. */
export interface Block {
  /** Whole lines; before bytes the last one is their `#LENGTH`. */
  readonly text: string;
  /** Raw bytes. */
  readonly bytes: Uint8Array | undefined;
  /** The characters of answers in it. */
  readonly owed: number;
}

/** A block with the lines that follow its bytes. */
export interface Write extends Block {
  /** Whole lines behind the bytes; the first of them is the one that the bytes belong to. */
  readonly behind: string;
}

/** Blocks that wait, oldest first. */
export class Blocks {
  readonly #blocks: Block[] = [];

  /** Whether none waits. */
  get isEmpty(): boolean {
    return this.#blocks.length === 0;
  }

  /** The characters and the bytes of all. */
  get length(): number {
    let length = 0;
    for (const { text, bytes } of this.#blocks) length += text.length + (bytes?.length ?? 0);
    return length;
  }

  /** Takes a block behind the others. */
  add(block: Block): void {
    this.#blocks.push(block);
  }

  /** Drops all. */
  clear(): void {
    this.#blocks.length = 0;
  }

  /** Gives the oldest block, with the lines of the next one behind its bytes. */
  take(): Write {
    const block = this.#blocks.shift() as Block;
    const next = this.#blocks[0];
    if (block.bytes === undefined || next === undefined) return { ...block, behind: "" };
    if (next.bytes === undefined) {
      this.#blocks.shift();
      return { ...block, behind: next.text, owed: block.owed + next.owed };
    }
    // The line that announces the next bytes leaves with those.
    const end = next.text.lastIndexOf("\n", next.text.length - 2) + 1;
    this.#blocks[0] = { ...next, text: next.text.slice(end) };
    return { ...block, behind: next.text.slice(0, end) };
  }
}
