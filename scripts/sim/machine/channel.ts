/**
 * One direction of a simulated connection: bytes that arrive later, in order, or never.
 *
 * @module
 */

import type { Random } from "../time/random.ts";
import type { Program, Timeline } from "../time/timeline.ts";

/** How the bytes of a direction travel. It may change at any time. */
export interface Conditions {
  /** The least time on the way, in milliseconds. */
  delayMs: number;
  /** What may be added to it. */
  jitterMs: number;
  /** How many bytes of what was sent at once arrive first; each piece behind is twice as long. */
  pieceBytes: number;
  /** The most between two pieces, in milliseconds. */
  gapMs: number;
  /** Whether nothing arrives for now; what was sent waits. */
  isSplit(): boolean;
}

/** The bytes that may be on their way or unread, as of a socket's buffers. */
const WINDOW_BYTES = 64 * 1_024;
/** How long after a split what has waited is sent again, in milliseconds. */
const RESEND_MS = 100;

/** How a direction ended, for its reader. */
type End = "end" | "reset";

/** One direction. */
export class Channel {
  readonly #time: Timeline;
  readonly #random: Random;
  readonly #conditions: Conditions;
  readonly #name: string;
  readonly #reader: Program;
  readonly #writer: Program;
  /** What was sent and has not arrived. */
  readonly #underWay: (Uint8Array | End)[] = [];
  #underWayBytes = 0;
  /** What has arrived and was not read. */
  readonly #arrived: Uint8Array[] = [];
  #arrivedBytes = 0;
  #end: End | undefined;
  /** When each of it arrives: none overtakes another. */
  readonly #dueAt: number[] = [];
  #lastAt = 0;
  #isMoving = false;
  /** How many bytes of what comes next arrive at once. */
  #pieceBytes = Infinity;
  /** Set for good: whatever is sent is lost, and nobody is told. */
  isBlackHole = false;
  /** Whether the writer's side is closed, or was told that the other one is gone. */
  #isBroken = false;
  #isEnded = false;
  #wakeReader: (() => void) | undefined;
  #wakeWriter: (() => void) | undefined;

  /**
   * @param time When things happen.
   * @param random How long they take.
   * @param name Its name in the trace.
   * @param ends Who reads and who writes.
   * @param conditions How its bytes travel.
   */
  constructor(
    time: Timeline,
    random: Random,
    name: string,
    ends: { readonly reader: Program; readonly writer: Program },
    conditions: Conditions,
  ) {
    this.#time = time;
    this.#random = random;
    this.#name = name;
    this.#reader = ends.reader;
    this.#writer = ends.writer;
    this.#conditions = conditions;
  }

  /** Whether something has arrived that was not read. */
  get hasUnread(): boolean {
    return this.#arrivedBytes > 0;
  }

  /** As of a socket. */
  async read(into: Uint8Array): Promise<number | null> {
    while (this.#arrivedBytes === 0) {
      if (this.#end === "end") return null;
      if (this.#end === "reset") throw new Error("Connection reset by peer");
      await new Promise<void>((resolve) => this.#wakeReader = resolve);
      this.#wakeReader = undefined;
    }
    let length = 0;
    while (length < into.length && this.#arrived.length > 0) {
      const piece = this.#arrived[0]!;
      const taken = piece.subarray(0, into.length - length);
      into.set(taken, length);
      length += taken.length;
      if (taken.length === piece.length) this.#arrived.shift();
      else this.#arrived[0] = piece.subarray(taken.length);
    }
    this.#arrivedBytes -= length;
    this.#wake("writer");
    return length;
  }

  /** As of a socket. */
  async write(bytes: Uint8Array): Promise<number> {
    while (true) {
      if (this.#isBroken || this.#isEnded) throw new Error("Broken pipe");
      const room = WINDOW_BYTES - this.#underWayBytes - this.#arrivedBytes;
      // Many small segments would be sent otherwise (RFC 9293, section 3.8.6.2.1).
      if (room >= Math.min(bytes.length, WINDOW_BYTES / 2)) return this.#send(bytes.slice(0, room));
      await new Promise<void>((resolve) => this.#wakeWriter = resolve);
      this.#wakeWriter = undefined;
    }
  }

  /** Nothing follows what was sent; a write that waits fails. */
  end(): void {
    if (this.#isEnded || this.#isBroken) return;
    this.#isEnded = true;
    this.#enter("end");
    this.#wakeWriter?.();
  }

  /** Nothing follows what was sent, and the reader is told that the connection broke. */
  reset(): void {
    this.#isEnded = true;
    this.#enter("reset");
    this.#break();
  }

  /** The reader's side is gone: nothing is read any more, and the writer learns it when it writes. */
  abandon(): void {
    this.#arrived.length = this.#arrivedBytes = 0;
    this.#end = "reset";
    this.#wakeReader?.();
  }

  /**
   * Breaks in the middle: a part of what is under way arrives, to the byte, and nothing else.
   *
   * @param end How the reader is told.
   */
  cut(end: End): void {
    let left = Math.floor(this.#random.next() * (this.#underWayBytes + 1));
    for (const piece of this.#underWay.splice(0)) {
      if (typeof piece === "string" || left === 0) break;
      const part = piece.subarray(0, left);
      left -= part.length;
      this.#underWay.push(part);
    }
    this.#underWayBytes = this.#underWay.reduce((sum, piece) => sum + piece.length, 0);
    this.#isEnded = true;
    this.#enter(end);
    this.#break();
  }

  #send(bytes: Uint8Array): number {
    this.#underWayBytes += bytes.length;
    this.#enter(bytes);
    return bytes.length;
  }

  #enter(piece: Uint8Array | End): void {
    if (this.isBlackHole) return;
    const { delayMs, jitterMs } = this.#conditions;
    const ms = delayMs + Math.floor(this.#random.next() * (jitterMs + 1));
    this.#lastAt = Math.max(this.#lastAt, this.#time.now() + ms);
    this.#underWay.push(piece);
    this.#dueAt.push(this.#lastAt);
    if (!this.#isMoving) this.#move();
  }

  #move(): void {
    this.#isMoving = this.#underWay.length > 0;
    if (!this.#isMoving) return;
    this.#pieceBytes = this.#conditions.pieceBytes;
    const ms = Math.max(0, (this.#dueAt.shift() ?? 0) - this.#time.now());
    this.#time.after(ms, `${this.#name} moves`, () => this.#arrive());
  }

  #arrive(): void {
    if (this.isBlackHole) return;
    // A timer that nobody owns may have a program write while it is frozen.
    if (this.#conditions.isSplit() || this.#writer.isFrozen) {
      this.#time.after(RESEND_MS, `${this.#name} is sent again`, () => this.#arrive());
      return;
    }
    const piece = this.#underWay.shift();
    if (piece === undefined) return this.#move();
    const isWhole = typeof piece === "string" || this.#take(piece);
    if (typeof piece === "string") this.#end ??= piece;
    this.#wake("reader");
    if (isWhole) return this.#move();
    const ms = Math.floor(this.#random.next() * (this.#conditions.gapMs + 1));
    this.#time.after(ms, `${this.#name} moves on`, () => this.#arrive());
  }

  /** Takes a piece of what was sent at once; says whether it was the last one. */
  #take(piece: Uint8Array): boolean {
    if (this.#end !== undefined) {
      // As by the answer to bytes that nobody takes: what is under way is thrown away.
      this.#underWay.length = this.#dueAt.length = this.#underWayBytes = 0;
      this.#break();
      return true;
    }
    const now = piece.subarray(0, this.#pieceBytes);
    this.#pieceBytes *= 2;
    const isWhole = now.length === piece.length;
    if (!isWhole) this.#underWay.unshift(piece.subarray(now.length));
    this.#underWayBytes -= now.length;
    this.#time.note(`${this.#name} ${summary(now)}`);
    this.#arrived.push(now);
    this.#arrivedBytes += now.length;
    return isWhole;
  }

  #break(): void {
    this.#isBroken = true;
    this.#wake("writer");
  }

  /** Lets whoever waits at an end go on; it is a program of its own. */
  #wake(end: "reader" | "writer"): void {
    if (end === "reader" && this.#wakeReader !== undefined) {
      this.#time.after(0, `reads ${this.#name}`, () => this.#wakeReader?.(), this.#reader);
    } else if (end === "writer" && this.#wakeWriter !== undefined) {
      this.#time.after(0, `writes ${this.#name}`, () => this.#wakeWriter?.(), this.#writer);
    }
  }
}

const decoder = new TextDecoder();

function summary(bytes: Uint8Array): string {
  return JSON.stringify(decoder.decode(bytes));
}
