/**
 * What one end of a connection receives: over its socket, or through a ring of the memory that both
 * ends share, in the order in which the other end sent it.
 *
 * Whoever reads the socket compares what it has got in all with what the other end wrote into the
 * memory: how many bytes it had sent there when its bytes moved into the memory, and when they left it.
 * Between the two are doorbells.
 *
 * Invariants: `#movedAt` ≤ `#returnedAt` while the socket carries the bytes after a return, and
 * `#returnedAt` < `#movedAt` while the memory does; so a number that the other end stored is news
 * exactly where it continues that order. While the memory carries them, `#listen` alone reads the
 * socket; otherwise `read` alone does.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { Ring } from "../ring/ring.ts";
import type { BellSocket } from "./bell_socket.ts";
import { damaged } from "./damaged.ts";
import type { Doorbell } from "./doorbell.ts";
import type { OutboundBytes } from "./outbound_bytes.ts";
import { RingReader } from "./ring_reader.ts";
import type { Segment } from "./segment.ts";
import { SleepCount } from "./sleep_count.ts";

const LF = 0x0a;

/** Receives bytes. */
export class InboundBytes {
  /** Whether the other end may go back to the socket. */
  returns = false;
  readonly #socket: BellSocket;
  /** What goes the other way; it moves once this has moved. */
  readonly #outbound: OutboundBytes;
  readonly #bell: Doorbell;
  /** Given by `use`. */
  #segment: Segment | undefined;
  #ring: Ring<ArrayBuffer> | undefined;
  /** Reads `#ring`; made and set together with it, by the first move. */
  #reader: RingReader | undefined;
  #isInMemory = false;
  #isClosed = false;
  /** Whether `read` reads the socket, and `hasRead` has not heard of it. */
  #isReading = false;
  /** Bytes that came over the socket. */
  #received = 0;
  /** What the other end stored of its last move and its last return that this end has followed. */
  #movedAt = -1;
  #returnedAt = -1;
  /** Doorbells that came since something was read. */
  #idleRings = 0;
  /** Lets the other end know how this one waits: without looks, it hears of the socket's bytes sooner. */
  readonly #sleeps = new SleepCount((isAsleep) => this.#segment?.tellReaderSleeps(isAsleep));
  /** Resolved when `#listen` has ended. */
  #listening: Promise<void> | undefined;
  /** What `#listen` read behind the last doorbell; there from then until the mark was taken. */
  #early: Uint8Array | undefined;

  /**
   * @param socket The socket; its owner closes it.
   * @param outbound What this end sends.
   */
  constructor(socket: BellSocket, outbound: OutboundBytes) {
    this.#socket = socket;
    this.#outbound = outbound;
    this.#bell = outbound.bell;
  }

  /** Whether the other end has ever moved into the memory. */
  get hasMoved(): boolean {
    return this.#reader !== undefined;
  }

  /** There is memory that both ends share, or there is none again. */
  use(segment: Segment | undefined): void {
    this.#segment = segment;
  }

  /** As that of a stream of bytes. */
  read(into: Uint8Array): Promise<number | null> {
    return this.#isInMemory ? this.#reader!.read(into) : this.#readSocket(into);
  }

  #readSocket(into: Uint8Array): Promise<number | null> {
    const reader = this.#reader;
    if (reader !== undefined) {
      if (!reader.rest.isEmpty) return Promise.resolve(reader.rest.take(into));
      if (this.returns) this.#sleeps.waits(reader.isLookDue());
    }
    this.#isReading = true;
    return this.#socket.read(into);
  }

  /** As that of a stream of bytes. */
  hasRead(into: Uint8Array, length: number | null): number | null {
    if (!this.#isReading) return length;
    this.#isReading = false;
    this.#received += length ?? 0;
    if (this.#segment === undefined) return length;
    const left = this.#beforeMove(this.#segment, into, length);
    if (this.#reader !== undefined && left !== 0) {
      if (left === null) this.#outbound.probe();
      else this.#taken();
    }
    return left;
  }

  /**
   * Looks whether the other side has moved into the memory.
   *
   * @param bytes What was read from the socket, from its beginning.
   * @param length Its length, or `null` for the end.
   * @returns What of it is bytes of the stream; 0 where the next ones are in the memory.
   */
  #beforeMove(segment: Segment, bytes: Uint8Array, length: number | null): number | null {
    const { inboundMovedAt } = segment;
    if (inboundMovedAt <= this.#returnedAt || this.#received < inboundMovedAt) return length;
    const bells = this.#received - inboundMovedAt;
    const left = (length ?? 0) - bells;
    if (left < 0 || (bells > 0 && bytes[left] !== LF)) throw damaged();
    this.#countRings(bells);
    this.#move(segment, inboundMovedAt);
    if (length === null) this.#gone();
    return left;
  }

  #move(segment: Segment, movedAt: number): void {
    this.#movedAt = movedAt;
    this.#isInMemory = true;
    if (this.#ring === undefined) {
      this.#ring = Ring.over(segment.inbound, this.#bell);
      this.#reader = new RingReader(this.#ring, {
        taken: () => this.#taken(),
        waits: (looks) => this.#sleeps.waits(looks),
        left: this.returns ? (into) => this.#readBehind(into) : undefined,
      });
      segment.opened();
      this.#outbound.move();
    }
    this.#bell.rang();
    this.#listening = this.#listen(segment);
  }

  /** Reads the doorbells, until the other end goes back to the socket, or ends. */
  async #listen(segment: Segment): Promise<void> {
    const bytes = new Uint8Array(limits.doorbellReadBytes);
    try {
      for (let length; (length = await this.#socket.read(bytes)) !== null;) {
        this.#received += length;
        const { inboundReturnedAt } = segment;
        // Its mark is in the ring before the first byte behind the doorbells, not before the last of them.
        const isBack = this.returns && inboundReturnedAt >= this.#movedAt &&
          inboundReturnedAt < this.#received;
        const bells = isBack ? length - (this.#received - inboundReturnedAt) : length;
        if (bells < 0 || (bells > 0 && bytes[0] !== LF)) throw damaged();
        this.#countRings(bells);
        if (isBack) this.#comeBack(inboundReturnedAt, bytes.subarray(bells, length));
        this.#bell.rang();
        if (isBack) return;
      }
    } catch (error) {
      if (error instanceof DariError) this.#reader?.fail(error);
    }
    this.#gone();
  }

  #comeBack(returnedAt: number, early: Uint8Array): void {
    this.#returnedAt = returnedAt;
    this.#early = early;
    if (this.#reader !== undefined) this.#reader.mustLeave = true;
  }

  /** The other side has left the memory: what follows comes over the socket. */
  async #readBehind(into: Uint8Array): Promise<number | null> {
    const segment = this.#segment;
    if (segment === undefined || segment.inboundReturnedAt < this.#movedAt) throw damaged();
    await this.#listening;
    const early = this.#early;
    if (early === undefined || this.#reader === undefined) return await this.read(into); // the end
    this.#early = undefined;
    this.#reader.mustLeave = this.#isInMemory = false;
    this.#reader.rest.keep(early.subarray(0, this.#beforeMove(segment, early, early.length) ?? 0));
    return await this.read(into);
  }

  #taken(): void {
    this.#idleRings = 0;
    this.#bell.answer.owe();
  }

  #countRings(rings: number): void {
    this.#idleRings += rings;
    if (this.#idleRings > limits.maxIdleDoorbells) throw damaged();
  }

  /** Nobody reads and writes at the other end any more; what is in the ring can still be read. */
  #gone(): void {
    if (this.#isClosed) return;
    this.#ring?.close();
    this.#outbound.cancel();
    this.#bell.rang();
  }

  /** Receives nothing more. */
  close(): void {
    this.#isClosed = true;
    this.#ring?.cancel();
    this.#bell.rang();
  }
}
