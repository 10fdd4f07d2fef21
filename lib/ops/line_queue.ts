/**
 * Lines on their way to a place that may be slow, full or gone, such as standard error.
 *
 * @module
 */

import { delay, settlesWithin } from "../base/abort.ts";
import { limits } from "../base/limits.ts";

/** Where lines are written, for instance `Deno.stderr`. */
export interface LineWriter {
  /**
   * Writes bytes.
   *
   * @param bytes The bytes.
   * @returns How many of them were written.
   */
  write(bytes: Uint8Array): Promise<number>;
}

/** What a {@linkcode LineQueue} is made with. */
export interface LineQueueOptions {
  /** The most bytes that wait to be written. @default {1 MiB} */
  readonly maxBytes?: number | undefined;
  /** The pause after a write that failed, in milliseconds. @default {500} */
  readonly retryMs?: number | undefined;
  /** Lines that wait are written together, up to so many bytes. @default {4 KiB} */
  readonly batchBytes?: number | undefined;
}

/**
 * Writes lines one after the other. Adding one never waits and never fails: while
 * nothing can be written lines wait, as many as the bound allows; more are dropped, and their number
 * is written once there is room again.
 */
export class LineQueue {
  readonly #writer: LineWriter;
  readonly #lineOfDropped: (count: number) => string;
  readonly #maxBytes: number;
  readonly #retryMs: number;
  readonly #batchBytes: number;
  readonly #encoder = new TextEncoder();
  /** Filled by `add`, emptied by `#writeAll`. */
  #waiting: Uint8Array[] = [];
  /** The length of all lines that wait or are being written. */
  #bytes = 0;
  #dropped = 0;
  /** How many lines are being written. */
  #underWay = 0;
  #isAbandoned = false;
  /** The writing that is under way; it never rejects. */
  #writing: Promise<void> | undefined;

  /**
   * Makes an empty queue.
   *
   * @param writer Where the lines go.
   * @param lineOfDropped Gives the line that tells how many were dropped.
   * @param options Its bounds.
   */
  constructor(
    writer: LineWriter,
    lineOfDropped: (count: number) => string,
    {
      maxBytes = limits.maxLogQueueBytes,
      retryMs = limits.logRetryMs,
      batchBytes = limits.outputPieceBytes,
    }: LineQueueOptions = {},
  ) {
    this.#writer = writer;
    this.#lineOfDropped = lineOfDropped;
    this.#maxBytes = maxBytes;
    this.#retryMs = retryMs;
    this.#batchBytes = batchBytes;
  }

  /**
   * Adds a line.
   *
   * @param line The line, without its LF.
   */
  add(line: string): void {
    const bytes = this.#encoder.encode(`${line}\n`);
    if (this.#isAbandoned || this.#bytes + bytes.length > this.#maxBytes) this.#dropped++;
    else this.#push(bytes);
  }

  /** How many lines are not written: those that wait, and those that were dropped. */
  get unwritten(): number {
    return this.#underWay + this.#waiting.length + this.#dropped;
  }

  /**
   * Waits until all lines are written.
   *
   * @param timeoutMs The longest wait, in milliseconds.
   */
  async flush(timeoutMs: number = limits.logFlushMs): Promise<void> {
    if (this.#writing !== undefined) await settlesWithin(this.#writing, timeoutMs);
  }

  /** Gives up what is not written. */
  abandon(): void {
    this.#isAbandoned = true;
    this.#waiting = [];
  }

  #push(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    this.#waiting.push(bytes);
    this.#writing ??= this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    for (let next = this.#take(); next !== undefined; next = this.#take()) {
      await this.#write(next);
      this.#bytes -= next.length;
      if (this.#dropped > 0 && !this.#isAbandoned) {
        const count = this.#dropped;
        this.#dropped = 0;
        this.#push(this.#encoder.encode(`${this.#lineOfDropped(count)}\n`));
      }
    }
    this.#writing = undefined;
  }

  /** Takes whole lines, as many as are written together. */
  #take(): Uint8Array | undefined {
    let length = 0;
    let count = 0;
    for (const line of this.#waiting) {
      if (count > 0 && length + line.length > this.#batchBytes) break;
      length += line.length;
      count++;
    }
    this.#underWay = count;
    const lines = this.#waiting.splice(0, count);
    if (count <= 1) return lines[0];
    const batch = new Uint8Array(length);
    let at = 0;
    for (const line of lines) {
      batch.set(line, at);
      at += line.length;
    }
    return batch;
  }

  /** Tries for ever: a disk may get room again, and a terminal may be read again. */
  async #write(bytes: Uint8Array): Promise<void> {
    for (let sent = 0; sent < bytes.length && !this.#isAbandoned;) {
      const written = await this.#writer.write(bytes.subarray(sent)).catch(() => 0);
      sent += written;
      if (written === 0) await delay(this.#retryMs, { persistent: false });
    }
  }
}
