/**
 * What one end of a connection sends: over its socket, or through a ring of the memory that both ends
 * share.
 *
 * It moves from one to the other between two bytes, as often as it pays: a receiver that sleeps at its
 * socket is woken by the bytes themselves there, and by a doorbell beside them in the memory.
 *
 * Invariants: while it is in the memory, nothing but doorbells is written to the socket, and no
 * doorbell otherwise. It moves only behind bytes of the carrier that it moved to last, and leaves an
 * empty ring alone: the receiver has followed each move before the next one.
 *
 * @module
 */

import { atMost } from "../../base/bytes/at_most.ts";
import { limits } from "../../base/limits.ts";
import { turnIfDue } from "../../base/turn.ts";
import { Ring } from "../ring/ring.ts";
import type { BellSocket } from "./bell_socket.ts";
import { Doorbell } from "./doorbell.ts";
import { RETURNED, type Segment } from "./segment.ts";

const BELL = new Uint8Array([0x0a]);
const NOTHING = new Uint8Array(0);

/** Sends bytes, and rings. */
export class OutboundBytes {
  /** How this end waits at the memory, and wakes the other one. */
  readonly bell: Doorbell;
  /** Whether the other end takes what leaves the memory. */
  returns = false;
  readonly #socket: BellSocket;
  readonly #rung = () => {
    this.#isRinging = false;
    this.#sent++;
    if (this.#mustRing) this.ring();
  };
  readonly #notRung = () => {
    if (this.#isClosed) return;
    this.cancel(); // nobody is there
    this.bell.rang();
  };
  /** Given by `use`. */
  #segment: Segment | undefined;
  /** Made by the first move. */
  #ring: Ring<ArrayBuffer> | undefined;
  #isInMemory = false;
  /** Whether it has sent something since it moved last. */
  #hasSent = false;
  /** Bytes that went over the socket, doorbells among them. */
  #sent = 0;
  #isWriting = false;
  /** Writes since the last long one. */
  #shortWrites = Infinity;
  #isClosed = false;
  /** Whether a doorbell is being written. */
  #isRinging = false;
  /**
   * Whether another one has to follow: behind that one, which may have woken the other side before it
   * slept again, or once this side's bytes are in the memory.
   */
  #mustRing = false;
  /** Whether the bytes that follow will wake the other side. */
  #isLeaving = false;

  /**
   * @param socket The socket; its owner closes it.
   * @param leaves Whether it is this side that leaves a core which both share.
   */
  constructor(socket: BellSocket, leaves: boolean) {
    this.#socket = socket;
    this.bell = new Doorbell(() => this.ring(), leaves);
  }

  /** Whether it has ever been in the memory. */
  get hasMoved(): boolean {
    return this.#ring !== undefined;
  }

  /** There is memory that both ends share, or there is none again. */
  use(segment: Segment | undefined): void {
    this.#segment = segment;
  }

  /** As that of a stream of bytes. */
  write(bytes: Uint8Array): Promise<number> {
    if (this.#ring === undefined) return this.#writeSocket(bytes);
    this.bell.answer.give();
    this.#shortWrites = bytes.length < limits.minMemoryWriteBytes ? this.#shortWrites + 1 : 0;
    if (this.returns && this.#isForSocket === this.#isInMemory) this.#change();
    return this.#isInMemory ? this.#writeRing(this.#ring, bytes) : this.#writeSocket(bytes);
  }

  /** As that of a stream of bytes. */
  async closeWrite(): Promise<void> {
    if (!this.#isInMemory) return await this.#socket.closeWrite();
    this.#ring?.close();
  }

  /** Moves into the memory, where that is possible now. */
  move(): void {
    const segment = this.#segment;
    if (segment === undefined || this.#isWriting || this.#isInMemory || this.#isClosed) return;
    if (this.#ring === undefined) this.#ring = Ring.over(segment.outbound, this.bell);
    else if (!this.#canMoveAgain(this.#ring)) return;
    this.#isInMemory = true;
    this.#hasSent = false;
    segment.moveOutbound(this.#sent);
    if (this.#mustRing) this.ring();
  }

  /** Wakes the other side, or whoever writes: it has ended. */
  ring(): void {
    this.#mustRing = !this.#isClosed && (this.#isRinging || !this.#isInMemory);
    if (this.#isClosed || this.#isLeaving) return;
    if (this.#mustRing) {
      if (this.#ring !== undefined) this.move();
      return;
    }
    this.#isRinging = true;
    this.#socket.write(BELL).then(this.#rung, this.#notRung);
  }

  /** The other end sends nothing more over the socket: asks it whether anybody still reads. */
  probe(): void {
    if (this.#isInMemory) this.ring();
  }

  /** Nobody reads at the other end any more. */
  cancel(): void {
    this.#ring?.cancel();
  }

  /** Sends nothing more. */
  close(): void {
    this.#isClosed = true;
    this.#ring?.close();
  }

  /** Whether the socket is the better way: the reader sleeps there, and what is sent is short. */
  get #isForSocket(): boolean {
    return this.#shortWrites > limits.maxShortMemoryWrites &&
      this.#segment?.isReaderAsleep === true;
  }

  /** To where the receiver waits now, or where long bytes are cheaper. */
  #change(): void {
    if (this.#isInMemory) this.#leave();
    else this.move();
  }

  /** Goes back to the socket, where the next byte follows at once. */
  #leave(): void {
    const ring = this.#ring;
    // A doorbell that is under way might come behind that byte.
    if (this.#isRinging || ring === undefined || !this.#canMoveAgain(ring)) return;
    this.#segment?.returnOutbound(this.#sent);
    this.#isLeaving = true;
    ring.tryWrite(NOTHING, RETURNED);
    this.#isLeaving = this.#isInMemory = this.#hasSent = false;
  }

  /** Whether the other side has followed the last move, and so takes notice of another one. */
  #canMoveAgain(ring: Ring<ArrayBuffer>): boolean {
    return this.#hasSent && ring.empty && !ring.isClosed;
  }

  async #writeRing(ring: Ring<ArrayBuffer>, bytes: Uint8Array): Promise<number> {
    const most = Math.min(limits.segmentPartBytes, ring.maxMessageBytes);
    const part = atMost(bytes, most);
    this.#hasSent = true;
    if (!ring.tryWrite(part)) await ring.write(part);
    const turn = part.length < bytes.length ? turnIfDue() : undefined;
    if (turn !== undefined) await turn;
    return part.length;
  }

  #writeSocket(bytes: Uint8Array): Promise<number> {
    this.#isWriting = true;
    return this.#socket.write(bytes);
  }

  /** As that of a stream of bytes. */
  hasWritten(length: number): void {
    if (!this.#isWriting) return;
    this.#isWriting = false;
    this.#hasSent = true;
    this.#sent += length;
    if (this.#mustRing || (this.#ring === undefined && this.#segment?.isJoined)) this.move();
  }
}
