/**
 * Messages of any length over a ring: a message that is too long for it is sent in pieces.
 *
 * Invariants:
 * - In the ring, the pieces of one message (`more`, … , and its last piece under its own kind) are
 *   not mixed with other messages. So while `#waiting` is not 0, every new message queues behind
 *   `#lastTurn`.
 * - A message that is given up between its pieces is closed by an empty `dropped` record before the
 *   next message begins, and the reader forgets the pieces.
 * - The reader keeps `#pieces` of one message only, of `#length` bytes together.
 *
 * @module
 */

import { settlesWithin } from "../../base/abort.ts";
import { DariError } from "../../base/errors.ts";
import { type EventWaitOptions, timedOut, type WaitOptions } from "../wait/event.ts";
import type { FoundRecord, Records } from "./records.ts";
import type { Ring } from "./ring.ts";
import { ASCII, type Content, kind, readOut } from "./value.ts";

/**
 * A message that was read. Content that is neither text nor of kind `bytes` is valid until the next
 * read.
 */
export interface Message {
  readonly kind: number;
  readonly content: Content;
}

/** Writes messages to a ring, whole and in the order of the calls. */
export class MessageWriter {
  /** Made by the caller, who also closes it. */
  readonly #ring: Ring;
  readonly #maxBytes: number;
  /** Messages that are not written yet, and a `dropped` record that is on its way. */
  #waiting = 0;
  /** Resolves once the last of the messages that wait is written or given up; never rejects. */
  #lastTurn: Promise<void> = Promise.resolve();
  /** The write of the last `dropped` record; never rejects. */
  #dropping: Promise<void> | undefined;

  constructor(ring: Ring, maxBytes: number) {
    this.#ring = ring;
    this.#maxBytes = maxBytes;
  }

  /** Whether no message waits for room. */
  get isIdle(): boolean {
    return this.#waiting === 0;
  }

  /**
   * Writes a message: at once where there is room, else in its turn.
   *
   * @returns `undefined` where it was written at once, else a promise that resolves when it is.
   * @throws {DariError} `resource_exhausted` on a message that is too long, `unavailable` where the
   * ring is closed; the promise also rejects with `deadline_exceeded` or the signal's reason.
   */
  write(type: number, bytes: Uint8Array, options: WaitOptions = {}): Promise<void> | undefined {
    if (bytes.length > this.#maxBytes) {
      throw new DariError(
        "resource_exhausted",
        `A message of ${bytes.length} bytes is over the limit of ${this.#maxBytes}`,
        { retryable: false },
      );
    }
    const isShort = bytes.length <= this.#ring.maxMessageBytes;
    if (this.#waiting === 0 && isShort && this.#ring.tryWrite(bytes, type)) return undefined;
    // The bytes may lie in the encoder's scratch buffer, or in one that the caller reuses.
    const before = this.#lastTurn;
    const written = this.#writeInTurn(before, type, bytes.slice(), options);
    this.#lastTurn = before.then(() => written).catch(() => this.#dropping);
    return written;
  }

  async #writeInTurn(
    before: Promise<void>,
    type: number,
    bytes: Uint8Array,
    options: WaitOptions,
  ): Promise<void> {
    const { timeoutMs = Infinity } = options;
    const deadline = performance.now() + timeoutMs;
    this.#waiting++;
    try {
      if (!await settlesWithin(before, timeoutMs, options)) {
        throw timedOut("A write to the pipe", timeoutMs);
      }
      const leftMs = Math.max(0, deadline - performance.now());
      await this.#writePieces(type, bytes, { ...options, timeoutMs: leftMs });
    } finally {
      this.#waiting--;
    }
  }

  async #writePieces(type: number, bytes: Uint8Array, options: WaitOptions): Promise<void> {
    const most = this.#ring.maxMessageBytes;
    let from = 0;
    try {
      for (; bytes.length - from > most; from += most >> 1) {
        const piece = bytes.subarray(from, from + (most >> 1));
        await this.#ring.write(piece, { ...options, kind: kind.more });
      }
      // The reader joins pieces as bytes.
      const last = from === 0 ? type : type & ~ASCII;
      await this.#ring.write(bytes.subarray(from), { ...options, kind: last });
    } catch (error) {
      // The reader has to forget the pieces that were sent, or it would join them with the next
      // message. The caller does not wait for that, later messages do.
      if (from > 0) {
        this.#waiting++;
        this.#dropping = this.#ring.write(NOTHING, { kind: kind.dropped })
          .catch(() => {}) // the ring is closed: nobody will join the pieces
          .finally(() => this.#waiting--);
      }
      throw error;
    }
  }
}

const NOTHING = new Uint8Array(0);

/** Reads the messages of a ring. */
export class MessageReader {
  /** Made by the caller, who also closes it. */
  readonly #ring: Ring;
  readonly #maxBytes: number;
  /** Of the message that is being read; taken by its last piece or by a `dropped` record. */
  #pieces: Uint8Array[] = [];
  #length = 0;

  constructor(ring: Ring, maxBytes: number) {
    this.#ring = ring;
    this.#maxBytes = maxBytes;
  }

  /** Whether the writer has closed the ring and everything was read. */
  get ended(): boolean {
    return this.#ring.ended && this.#ring.empty;
  }

  /** Whether nothing more will be written; what was written may still be there. */
  get isClosed(): boolean {
    return this.#ring.isClosed;
  }

  /** Whether no message was read only in part. */
  get isIdle(): boolean {
    return this.#pieces.length === 0;
  }

  /**
   * Reads the next message where one is complete.
   *
   * @throws {DariError} `data` where the memory was damaged, `resource_exhausted` where the pieces
   * of a message are together over the limit.
   */
  tryRead(): Message | undefined {
    while (true) {
      const message = this.#ring.tryTake(toMessage);
      if (message === undefined) return undefined;
      if (message.kind === kind.dropped) {
        this.#pieces = [];
        this.#length = 0;
        continue;
      }
      if (message.kind !== kind.more && this.#pieces.length === 0) return message;
      this.#keep(message.content);
      if (message.kind !== kind.more) return { kind: message.kind, content: this.#join() };
    }
  }

  /** Waits for a record, which may be only a piece; `false` when nothing more will come. */
  readable(options: WaitOptions = {}): Promise<boolean> {
    return this.#ring.readable(options);
  }

  /** Waits as `wait` of the event that the writer raises. */
  wait(ready: () => boolean, options: EventWaitOptions = {}): Promise<boolean> {
    return this.#ring.data.wait(ready, options);
  }

  /** As `readable`, but blocks the thread; `false` when the time is over. */
  readableSync(timeoutMs: number): boolean {
    return this.#ring.readableSync(timeoutMs);
  }

  #keep(piece: Content): void {
    this.#length += piece.length;
    if (typeof piece === "string" || this.#length > this.#maxBytes) {
      throw new DariError(
        "resource_exhausted",
        `A message is over the limit of ${this.#maxBytes} bytes`,
      );
    }
    this.#pieces.push(piece.slice());
  }

  #join(): Uint8Array<ArrayBuffer> {
    const whole = new Uint8Array(this.#length);
    let at = 0;
    for (const piece of this.#pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    this.#pieces = [];
    this.#length = 0;
    return whole;
  }
}

function toMessage(found: FoundRecord, records: Records): Message {
  return { kind: found.kind, content: readOut(found, records) };
}
