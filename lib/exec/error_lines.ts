/**
 * What a program writes to its standard error, as lines for a log.
 *
 * @module
 */

import { limits } from "../base/limits.ts";

/**
 * Cuts text into lines. A line beyond `limits.maxProgramLineLength` is cut, and of many lines in one
 * second only `limits.maxProgramLinesPerSecond` are told, then how many were left out.
 */
export class ErrorLines {
  readonly #tell: (line: string) => void;
  readonly #monotonic: () => number;
  /** The line that has not ended; it never grows beyond the longest one. */
  #rest = "";
  #secondEndsAt = -Infinity;
  #told = 0;
  #leftOut = 0;

  /**
   * @param tell Hears each line.
   * @param monotonic The time, in milliseconds.
   */
  constructor(tell: (line: string) => void, monotonic: () => number) {
    this.#tell = tell;
    this.#monotonic = monotonic;
  }

  /** More text has come. */
  add(text: string): void {
    const lines = text.split("\n");
    const last = lines.pop()!;
    for (const line of lines) {
      this.#line(this.#rest + line);
      this.#rest = "";
    }
    this.#rest = (this.#rest + last).slice(0, limits.maxProgramLineLength);
  }

  /** No more comes. */
  end(): void {
    if (this.#rest !== "") this.#line(this.#rest);
    this.#rest = "";
    this.#tellLeftOut();
  }

  #line(line: string): void {
    const now = this.#monotonic();
    if (now >= this.#secondEndsAt) {
      this.#tellLeftOut();
      this.#secondEndsAt = now + 1_000;
      this.#told = 0;
    }
    if (this.#told++ >= limits.maxProgramLinesPerSecond) this.#leftOut++;
    else this.#tell(line.slice(0, limits.maxProgramLineLength).trimEnd());
  }

  #tellLeftOut(): void {
    if (this.#leftOut > 0) this.#tell(`(${this.#leftOut} lines were left out)`);
    this.#leftOut = 0;
  }
}
