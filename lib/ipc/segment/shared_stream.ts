/**
 * The bytes of a Unix connection, which move from its socket into memory that both ends share, and
 * back, each direction by itself.
 *
 * Invariant: both directions have moved only while `#segment` is there.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { MemoryOffer, MemorySharing } from "../../transport/connection.ts";
import type { BellSocket } from "./bell_socket.ts";
import { isAtRest } from "./doorbell.ts";
import { InboundBytes } from "./inbound_bytes.ts";
import { OutboundBytes } from "./outbound_bytes.ts";
import { Segment } from "./segment.ts";

/** A stream of bytes over a socket and over memory. */
export class SharedStream implements MemorySharing {
  readonly offers: boolean;
  onWorthwhile: (() => void) | undefined;
  /** Given to the constructor; closed by `close`. */
  readonly #socket: BellSocket;
  readonly #isResting: () => boolean;
  readonly #outbound: OutboundBytes;
  readonly #inbound: InboundBytes;
  /** Made by `offer` or opened by `join`, released by `close` and `withdraw`. */
  #segment: Segment | undefined;
  #reads = 0;
  #longReads = 0;

  /**
   * @param socket The socket; this object owns and closes it.
   * @param offers Whether this end makes the memory.
   * @param isResting Whether looking does not pay for this thread.
   */
  constructor(socket: BellSocket, offers: boolean, isResting: () => boolean = isAtRest) {
    this.#socket = socket;
    this.#isResting = isResting;
    this.offers = offers;
    this.#outbound = new OutboundBytes(socket, !offers);
    this.#inbound = new InboundBytes(socket, this.#outbound);
  }

  get isShared(): boolean {
    return this.#inbound.hasMoved;
  }

  /** As that of the transport: it can move into memory. */
  get sharing(): MemorySharing {
    return this;
  }

  get returns(): boolean {
    return this.#inbound.returns;
  }

  set returns(returns: boolean) {
    this.#inbound.returns = this.#outbound.returns = returns;
  }

  offer(): MemoryOffer {
    return this.#use(Segment.create()).offer;
  }

  join(offer: MemoryOffer): void {
    if (this.offers || this.#segment !== undefined) {
      throw new DariError("failed_precondition", "This connection takes no offer of memory");
    }
    this.#use(Segment.open(offer));
    this.#outbound.move();
  }

  withdraw(): void {
    if (this.#inbound.hasMoved || this.#outbound.hasMoved) return;
    this.#segment?.release();
    this.#use(undefined);
  }

  #use<T extends Segment | undefined>(segment: T): T {
    this.#segment = segment;
    this.#inbound.use(segment);
    this.#outbound.use(segment);
    return segment;
  }

  read(into: Uint8Array): Promise<number | null> {
    if (this.onWorthwhile !== undefined) this.#countRead(this.onWorthwhile);
    return this.#inbound.read(into);
  }

  hasRead(into: Uint8Array, length: number | null): number | null {
    if (length !== null && length >= limits.minMemoryWriteBytes) this.#longReads++;
    else this.#outbound.bell.hasRead();
    return this.#inbound.hasRead(into, length);
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.#outbound.write(bytes);
  }

  hasWritten(length: number): void {
    this.#outbound.hasWritten(length);
  }

  closeWrite(): Promise<void> {
    return this.#outbound.closeWrite();
  }

  close(): void {
    this.#outbound.close();
    this.#inbound.close();
    this.#socket.close();
    this.#segment?.release();
  }

  #countRead(worthwhile: () => void): void {
    if (++this.#reads % limits.readsBeforeSharing !== 0) return;
    if (this.#longReads < limits.readsBeforeSharing && this.#isResting()) return;
    this.onWorthwhile = undefined;
    worthwhile();
  }
}
