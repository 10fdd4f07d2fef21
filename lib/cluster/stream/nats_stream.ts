/**
 * A stream of bytes between two programs that NATS connects.
 *
 * @module
 */

import { atMost } from "../../base/bytes/at_most.ts";
import { UnreadBytes } from "../../base/bytes/unread_bytes.ts";
import { limits } from "../../base/limits.ts";
import type { Bus } from "../bus/bus.ts";
import {
  creditWithWindow,
  HEAD,
  kinds,
  numbered,
  numberOf,
  windowOf,
  worded,
  wordsOf,
} from "./frame.ts";
import { Window, type WindowBudget } from "./window.ts";

const ROUND = 0x1_0000_0000; // numbers are 32 bits wide

/** The ends of a stream. */
export interface NatsStreamOptions {
  /** What carries the messages. */
  readonly bus: Bus;
  /** The subject that the other end hears on. */
  readonly to: string;
  /** The subject that this end hears on. */
  readonly from: string;
  /** What its windows grow by. */
  readonly budget: WindowBudget;
  /** Called once the stream needs no more messages. */
  readonly onOver: () => void;
  /** Called when the first bytes have come. */
  readonly onFirst?: (() => void) | undefined;
}

/**
 * The stream. NATS may lose messages, so each has a number, and a gap ends the stream. A sender has at
 * most a window of bytes on the way: the receiver grants more as they are read. A sender that has filled
 * its window says so, and a receiver that goes on reading doubles it then.
 *
 * Invariants: `#sent - #taken` is what the other end has not read yet, and never more than `#outWindow`.
 * `#unread` is never longer than `#inWindow`. Once it has an error, or both ends have ended, `onOver` has
 * been called.
 */
export class NatsStream {
  readonly #options: NatsStreamOptions;
  readonly #maxPieceBytes: number;
  readonly #unread = new UnreadBytes();
  readonly #inWindow: Window;
  readonly #outWindow: Window;
  /** Whether the other end takes a larger window, and has not got one since. */
  #isWindowFull = false;
  /** Bytes that were read and for which no credit has been given back. */
  #owed = 0;
  /** All bytes that were read, modulo 2^32, as is all that follows. */
  #read = 0;
  #sent = 0;
  #taken = 0;
  /** The numbers of the next message here and there. */
  #nextIn = 0;
  #nextOut = 0;
  /** Whether this end sends no more. */
  #hasEnded = false;
  #isOver = false;
  #wakeWriter: (() => void) | undefined;
  /** Whether a message has come since the last look. */
  #isHeard = true;

  /** @param options The two ends. */
  constructor(options: NatsStreamOptions) {
    this.#options = options;
    const room = Math.min(limits.natsPieceBytes, options.bus.maxPayloadBytes) - HEAD;
    this.#maxPieceBytes = Math.max(1, room);
    this.#inWindow = new Window(options.budget);
    this.#outWindow = new Window(options.budget);
  }

  /** Reads as `Deno.Conn` does. */
  async read(into: Uint8Array): Promise<number | null> {
    const length = await this.#unread.read(into);
    if (length === null) return null;
    this.#giveCredit(length);
    return length;
  }

  /** Writes as `Deno.Conn` does: some of the bytes, once the other end has room for them. */
  async write(bytes: Uint8Array): Promise<number> {
    while (true) {
      if (this.#unread.error !== undefined) throw this.#unread.error;
      if (this.#hasEnded) throw new Error("it was closed");
      const room = this.#outWindow.bytes - ((this.#sent - this.#taken) >>> 0);
      const piece = atMost(bytes, Math.min(room, this.#maxPieceBytes));
      if (piece.length > 0 || bytes.length === 0) return this.#sendPiece(piece);
      if (this.#outWindow.reserve()) this.#publish(worded(kinds.full));
      await new Promise<void>((resolve) => this.#wakeWriter = resolve);
    }
  }

  /** Says that no more bytes follow. */
  closeWrite(): Promise<void> {
    if (!this.#hasEnded && this.#unread.error === undefined) {
      this.#publish(numbered(kinds.end, this.#nextOut));
      this.#endWriting();
    }
    return Promise.resolve();
  }

  /** Ends both sides now; the other end still reads what it was sent. */
  close(): void {
    if (this.#isOver) return;
    this.closeWrite();
    this.#publish(worded(kinds.cut, "the other side closed it"));
    this.fail("it was closed");
  }

  /**
   * Ends the stream without a word to the other end.
   *
   * @param reason What a `read` or `write` that waits fails with.
   */
  fail(reason: string): void {
    if (this.#isOver) return;
    this.#unread.drop();
    this.#unread.end(new Error(reason));
    this.#finish();
  }

  /**
   * Takes a message of the other end.
   *
   * @param message The message; it belongs to the stream from now on.
   */
  take(message: Uint8Array): void {
    if (this.#isOver) return;
    this.#isHeard = true;
    const kind = message[0];
    if (kind === kinds.cut) return this.#takeCut(wordsOf(message));
    if (kind === kinds.full) this.#isWindowFull = true;
    const number = numberOf(message);
    if (number === undefined) return; // `full`, or a question whether this end is there
    if (kind === kinds.credit) return this.#takeCredit(number, windowOf(message));
    if (kind !== kinds.data && kind !== kinds.end) return;
    if (number !== this.#nextIn) return this.#refuse("messages of the connection were lost");
    this.#nextIn = next(this.#nextIn);
    if (kind === kinds.data) this.#takeData(message.subarray(HEAD));
    else this.#endReading();
    if (number === 0 && !this.#isOver) this.#options.onFirst?.();
  }

  /** Asks whether the other end is there, where nothing has come from it since the last time. */
  probe(): void {
    if (!this.#isHeard) this.#publish(worded(kinds.probe));
    this.#isHeard = false;
  }

  /** What came before the other end closed the stream in order can still be read. */
  #takeCut(reason: string): void {
    if (!this.#unread.isEnded) return this.fail(reason || "the other side closed it");
    this.#endWriting();
  }

  #takeData(bytes: Uint8Array): void {
    if (this.#unread.isEnded) return;
    this.#unread.push(bytes);
    // What was read and not credited yet is still in the sender's window.
    const { bytes: most } = this.#inWindow;
    if (this.#unread.length + this.#owed > most) {
      return this.#refuse(`the other side sent more than ${most} bytes before they were read`);
    }
  }

  #takeCredit(taken: number, windowBytes: number | undefined): void {
    const onTheWay = (this.#sent - this.#taken) >>> 0;
    const granted = (taken - this.#taken) >>> 0;
    if (granted > onTheWay) return this.#refuse("the other side took more than was sent");
    this.#taken = taken;
    if (windowBytes !== undefined) this.#takeWindow(windowBytes);
    this.#wakeWriter?.();
  }

  /** A peer that sends more than was granted could make this one hold more than its memory allows. */
  #takeWindow(bytes: number): void {
    const window = this.#outWindow;
    if (bytes !== window.bytes) window.double();
    if (bytes !== window.bytes) this.#refuse(`the other side gave a window of ${bytes} bytes`);
  }

  #giveCredit(length: number): void {
    this.#owed += length;
    this.#read = (this.#read + length) % ROUND;
    // Often enough that a sender does not wait, and seldom enough that short messages need none.
    if (this.#owed < this.#inWindow.bytes / 4 || this.#isOver) return;
    this.#owed = 0;
    if (this.#isWindowFull) this.#growWindow();
    const { bytes, hasGrown } = this.#inWindow;
    // With its size from then on: a message may be lost.
    this.#publish(
      hasGrown ? creditWithWindow(this.#read, bytes) : numbered(kinds.credit, this.#read),
    );
  }

  /** Where no memory is left for that now, a later credit may bring it. */
  #growWindow(): void {
    if (!this.#inWindow.reserve()) return;
    this.#inWindow.double();
    this.#isWindowFull = false;
  }

  #sendPiece(piece: Uint8Array): number {
    if (piece.length === 0) return 0;
    this.#publish(numbered(kinds.data, this.#nextOut, piece));
    this.#nextOut = next(this.#nextOut);
    this.#sent = (this.#sent + piece.length) % ROUND;
    return piece.length;
  }

  /** With the subject of this end, so that NATS says where nobody hears the other. */
  #publish(message: Uint8Array): void {
    const { bus, to, from } = this.#options;
    bus.publish(to, message, from);
  }

  #refuse(reason: string): void {
    this.#publish(worded(kinds.cut, reason));
    this.fail(reason);
  }

  #endReading(): void {
    this.#unread.end();
    if (this.#hasEnded) this.#finish();
  }

  #endWriting(): void {
    this.#hasEnded = true;
    this.#wakeWriter?.();
    if (this.#unread.isEnded) this.#finish();
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#inWindow.close();
    this.#outWindow.close();
    this.#wakeWriter?.();
    this.#options.onOver();
  }
}

function next(number: number): number {
  return (number + 1) % ROUND;
}
