/**
 * Messages of any length over a ring: what does not fit goes in pieces.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { settlesWithin, timedOut, type WaitOptions } from "../wait/event.ts";
import type { Found, Records } from "./records.ts";
import type { Ring } from "./ring.ts";
import { ASCII, type Content, kind, readOut } from "./value.ts";

/** A message that was read; what is neither text nor `bytes` is valid until the next read. */
export interface Message {
  readonly kind: number;
  readonly content: Content;
}

/** The writer's side. Messages are written whole and in the order of the calls. */
export class MessageWriter {
  readonly #ring: Ring;
  readonly #maxBytes: number;
  /** Messages that wait for their turn: later ones go behind them. */
  #waiting = 0;
  #lastTurn: Promise<void> = Promise.resolve();
  /** The end of a message that was given up half-way. */
  #dropping: Promise<void> | undefined;

  constructor(ring: Ring, maxBytes: number) {
    this.#ring = ring;
    this.#maxBytes = maxBytes;
  }

  /** Whether no message waits for room. */
  get isIdle(): boolean {
    return this.#waiting === 0;
  }

  /** @returns `undefined` when it was written at once, else a promise of that. */
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
    // The encoder's buffer is taken again, and the caller's may change.
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
      if (!await settlesWithin(before, options)) throw timedOut("Room in the pipe", timeoutMs);
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
      // Text in pieces is gathered as bytes.
      const last = from === 0 ? type : type & ~ASCII;
      await this.#ring.write(bytes.subarray(from), { ...options, kind: last });
    } catch (error) {
      // The reader has to forget the pieces that are out, or the next message would join them. The
      // caller does not wait for that, later messages do.
      if (from > 0) {
        this.#waiting++;
        this.#dropping = this.#ring.write(NOTHING, { kind: kind.dropped })
          .catch(() => {}) // the ring has ended
          .finally(() => this.#waiting--);
      }
      throw error;
    }
  }
}

const NOTHING = new Uint8Array(0);

/** The reader's side. */
export class MessageReader {
  readonly #ring: Ring;
  readonly #maxBytes: number;
  #pieces: Uint8Array[] = [];
  #length = 0;

  constructor(ring: Ring, maxBytes: number) {
    this.#ring = ring;
    this.#maxBytes = maxBytes;
  }

  /** Whether the other side has ended and everything was read. */
  get ended(): boolean {
    return this.#ring.ended && this.#ring.empty;
  }

  /** Whether no message was read in part. */
  get isIdle(): boolean {
    return this.#pieces.length === 0;
  }

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

  /** Waits until there may be something to read: `false` at the end. */
  readable(options: WaitOptions = {}): Promise<boolean> {
    return this.#ring.readable(options);
  }

  /** As `readable`, blocking the thread: `false` when the time ran out. */
  readableSync(timeoutMs: number): boolean {
    return this.#ring.readableSync(timeoutMs);
  }

  #keep(piece: Content): void {
    this.#length += piece.length;
    if (typeof piece === "string" || this.#length > this.#maxBytes) {
      throw new DariError("resource_exhausted", `A message is over ${this.#maxBytes} bytes`);
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

function toMessage(found: Found, records: Records): Message {
  return { kind: found.kind, content: readOut(found, records) };
}
