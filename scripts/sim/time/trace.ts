/**
 * What happened in a run, as a hash and, where somebody wants to read it, as lines.
 *
 * @module
 */

import { createHash } from "node:crypto"; // Web Crypto has no hash that grows

/** Everything that happened, in order. Two runs of one seed have the same. */
export class Trace {
  readonly #hash = createHash("sha256");
  readonly #lines: string[] | undefined;
  #pending = "";

  /** @param keepsLines Whether the lines can be read afterwards. */
  constructor(keepsLines: boolean) {
    this.#lines = keepsLines ? [] : undefined;
  }

  /**
   * Adds what happened.
   *
   * @param at When, in milliseconds.
   * @param what What.
   */
  add(at: number, what: string): void {
    const line = `${at} ${what}\n`;
    this.#lines?.push(line);
    this.#pending += line;
    if (this.#pending.length > 16_384) this.#flush();
  }

  /** The lines, where they are kept. */
  get lines(): readonly string[] {
    return this.#lines ?? [];
  }

  /** Ends the trace, and gives 16 hexadecimal digits that stand for it. */
  end(): string {
    this.#flush();
    return this.#hash.digest("hex").slice(0, 16);
  }

  #flush(): void {
    this.#hash.update(this.#pending);
    this.#pending = "";
  }
}
