/**
 * The bytes of a Unix connection, which move from its socket into memory that both ends share.
 *
 * Each direction moves by itself, between two writes of its sender. A direction that has moved never
 * moves back. What the reader has got from the socket before that point comes first.
 *
 * Invariants: `#inbound` and `#outbound` are set once, and only while `#segment` is there. Once
 * `#inbound` is set, `#listen` alone reads the socket; before, `read` alone does. Nothing but
 * doorbells is written to the socket once `#outbound` is set, and no doorbell before.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { turnIfDue } from "../../base/turn.ts";
import type { MemoryOffer, MemorySharing } from "../../transport/connection.ts";
import { Ring } from "../ring/ring.ts";
import { Doorbell } from "./doorbell.ts";
import { RingReader } from "./ring_reader.ts";
import { Segment } from "./segment.ts";

const BELL = new Uint8Array([0x0a]);
const LF = 0x0a;

/** The part of a Unix socket that this needs. */
export interface BellSocket {
  /** Reads into the memory; gives the number of bytes, or `null` at the end. */
  read(into: Uint8Array): Promise<number | null>;
  /** Writes some of the bytes and gives their number. */
  write(bytes: Uint8Array): Promise<number>;
  /** Ends the writing side. */
  closeWrite(): Promise<void>;
  /** Ends both sides. */
  close(): void;
}

/** A stream of bytes over a socket, and then over memory. */
export class SharedStream implements MemorySharing {
  readonly offers: boolean;
  onWorthwhile: (() => void) | undefined;
  /** Given to the constructor; closed by `close`. */
  readonly #socket: BellSocket;
  readonly #bell: Doorbell;
  readonly #rung = () => {
    this.#isRinging = false;
    if (this.#mustRing && !this.#isClosed) this.#ring();
  };
  /** Made by `offer` or opened by `join`, released by `close` and `withdraw`. */
  #segment: Segment | undefined;
  #inbound: Ring<ArrayBuffer> | undefined;
  #outbound: Ring<ArrayBuffer> | undefined;
  /** Reads `#inbound`; made and set together with it. */
  #reader: RingReader | undefined;
  /** Bytes that went over the socket. */
  #received = 0;
  #sent = 0;
  #reads = 0;
  #isWriting = false;
  #isClosed = false;
  /** Whether a doorbell is being written. */
  #isRinging = false;
  /**
   * Whether another one has to follow: behind that one, which may have woken the other side before it
   * slept again, or once this side's bytes have moved.
   */
  #mustRing = false;
  /** Doorbells that came since something was read. */
  #idleRings = 0;

  /**
   * @param socket The socket; this object owns and closes it.
   * @param offers Whether this end makes the memory.
   */
  constructor(socket: BellSocket, offers: boolean) {
    this.#socket = socket;
    this.offers = offers;
    this.#bell = new Doorbell(() => this.#ring(), !offers);
  }

  get isShared(): boolean {
    return this.#inbound !== undefined;
  }

  /** As that of the transport: it can move into memory. */
  get sharing(): MemorySharing {
    return this;
  }

  offer(): MemoryOffer {
    this.#segment = Segment.create();
    return this.#segment.offer;
  }

  join(offer: MemoryOffer): void {
    if (this.offers || this.#segment !== undefined) {
      throw new DariError("failed_precondition", "This connection takes no offer of memory");
    }
    this.#segment = Segment.open(offer);
    this.#moveOutbound();
  }

  withdraw(): void {
    if (this.#inbound !== undefined || this.#outbound !== undefined) return;
    this.#segment?.release();
    this.#segment = undefined;
  }

  read(into: Uint8Array): Promise<number | null> {
    return this.#reader === undefined ? this.#readSocket(into) : this.#reader.read(into);
  }

  async #readSocket(into: Uint8Array): Promise<number | null> {
    while (this.#reader === undefined) {
      const length = await this.#socket.read(into);
      const left = this.#beforeMove(length);
      if (left !== 0) return left;
    }
    return await this.#reader.read(into);
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.#outbound === undefined
      ? this.#writeSocket(bytes)
      : this.#writeRing(this.#outbound, bytes);
  }

  async #writeRing(ring: Ring<ArrayBuffer>, bytes: Uint8Array): Promise<number> {
    const most = Math.min(limits.segmentPartBytes, ring.maxMessageBytes);
    const part = bytes.length > most ? bytes.subarray(0, most) : bytes;
    const isWritten = ring.tryWrite(part);
    this.#bell.answer.give();
    if (!isWritten) await ring.write(part);
    const turn = part.length < bytes.length ? turnIfDue() : undefined;
    if (turn !== undefined) await turn;
    return part.length;
  }

  async closeWrite(): Promise<void> {
    if (this.#outbound === undefined) return await this.#socket.closeWrite();
    this.#outbound.close();
  }

  close(): void {
    this.#isClosed = true;
    this.#outbound?.close();
    this.#inbound?.cancel();
    this.#bell.rang();
    this.#socket.close();
    this.#segment?.release();
  }

  async #writeSocket(bytes: Uint8Array): Promise<number> {
    this.#isWriting = true;
    const sent = await this.#socket.write(bytes);
    this.#isWriting = false;
    this.#sent += sent;
    if (this.#segment !== undefined && this.#mayMove) this.#moveOutbound();
    return sent;
  }

  /** The end that made the memory moves once the other one has. */
  get #mayMove(): boolean {
    return !this.offers || this.#segment?.inboundSwitchedAt !== undefined;
  }

  #moveOutbound(): void {
    const segment = this.#segment;
    if (segment === undefined || this.#isWriting || this.#outbound !== undefined) return;
    this.#outbound = Ring.over(segment.outbound, this.#bell);
    segment.switchOutbound(this.#sent);
    if (this.#mustRing) this.#ring();
  }

  /**
   * Looks whether the other side has moved.
   *
   * @param length What was read from the socket.
   * @returns What of it is bytes of the stream; 0 where the next ones are in the memory.
   */
  #beforeMove(length: number | null): number | null {
    const segment = this.#segment;
    this.#received += length ?? 0;
    if (segment === undefined) {
      if (this.onWorthwhile !== undefined && ++this.#reads >= limits.readsBeforeSharing) {
        const worthwhile = this.onWorthwhile;
        this.onWorthwhile = undefined;
        worthwhile();
      }
      return length;
    }
    const movedAt = segment.inboundSwitchedAt;
    if (movedAt === undefined || this.#received < movedAt) return length;
    const bells = this.#received - movedAt;
    if (bells > (length ?? 0)) throw damaged();
    this.#countRings(bells);
    this.#moveInbound(segment);
    if (length === null) this.#gone();
    return (length ?? 0) - bells;
  }

  #moveInbound(segment: Segment): void {
    this.#inbound = Ring.over(segment.inbound, this.#bell);
    this.#reader = new RingReader(this.#inbound, () => {
      this.#idleRings = 0;
      this.#bell.answer.owe();
    });
    if (this.offers) segment.opened();
    this.#moveOutbound();
    this.#bell.rang();
    void this.#listen();
  }

  /** Reads the doorbells, until the other process ends. */
  async #listen(): Promise<void> {
    const bells = new Uint8Array(limits.doorbellReadBytes);
    try {
      for (let length; (length = await this.#socket.read(bells)) !== null;) {
        if (bells[0] !== LF) throw damaged();
        this.#countRings(length);
        this.#bell.rang();
      }
    } catch (error) {
      if (error instanceof DariError) this.#reader?.fail(error);
    }
    this.#gone();
  }

  #countRings(rings: number): void {
    this.#idleRings += rings;
    if (this.#idleRings > limits.maxIdleDoorbells) throw damaged();
  }

  /** Nobody reads and writes at the other end any more; what is in the ring can still be read. */
  #gone(): void {
    if (this.#isClosed) return;
    this.#inbound?.close();
    this.#outbound?.cancel();
    this.#bell.rang();
  }

  #ring(): void {
    this.#mustRing = this.#isRinging || this.#outbound === undefined;
    if (this.#mustRing) return;
    this.#isRinging = true;
    this.#socket.write(BELL).then(this.#rung, this.#rung); // `#listen` hears of the end
  }
}

function damaged(): DariError {
  return new DariError("data", "The other side broke the rules of the memory that both share", {
    retryable: false,
  });
}
