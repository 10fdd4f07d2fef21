/**
 * A ring read as a stream of bytes.
 *
 * @module
 */

import { RestBytes } from "../../base/bytes/rest_bytes.ts";
import { DariError } from "../../base/errors.ts";
import { turnIfDue } from "../../base/turn.ts";
import type { FoundRecord, Records } from "../ring/records.ts";
import type { Ring } from "../ring/ring.ts";
import { damaged } from "./damaged.ts";
import { RETURNED } from "./segment.ts";

/** As the length of a message: the other side has left the ring. */
const LEFT = -1;

/** What happens while a ring is read. */
export interface RingReaderEvents {
  /** A message was taken out of it. */
  taken(): void;
  /** A wait begins, with a look or without one. */
  waits?(looks: boolean): void;
  /** The other side has left the ring; gives what it sends behind it. Absent where it may not leave. */
  readonly left?: ((into: Uint8Array) => Promise<number | null>) | undefined;
}

/** Reads what the other process writes into a ring; one read at a time. */
export class RingReader {
  readonly #ring: Ring<ArrayBuffer>;
  readonly #events: RingReaderEvents;
  /** What the next message is copied into. */
  #into: Uint8Array = new Uint8Array(0);
  /** The rest of a message that was longer than the memory it was to be read into. */
  readonly rest: RestBytes = new RestBytes();
  /** Whether the other side has left the ring, and its mark has to be what comes last. */
  mustLeave = false;
  /** Why nothing more is read, where the other side broke the rules. */
  #failure: DariError | undefined;
  /** Kept here, so that a look allocates nothing. */
  readonly #copy = ({ kind, offset, length }: FoundRecord, { bytes }: Records) => {
    if (kind === RETURNED) return this.#leave();
    this.#events.taken();
    const fits = Math.min(length, this.#into.length);
    this.#into.set(bytes.subarray(offset, offset + fits));
    if (fits < length) this.rest.keep(bytes.slice(offset + fits, offset + length));
    return fits;
  };

  /**
   * @param ring The ring.
   * @param events Told of what happens.
   */
  constructor(ring: Ring<ArrayBuffer>, events: RingReaderEvents) {
    this.#ring = ring;
    this.#events = events;
  }

  /**
   * Reads some bytes.
   *
   * @param into Takes them.
   * @returns Their number, or `null` at the end.
   * @throws {DariError} `data` where the memory was damaged, and what `fail` was given.
   */
  async read(into: Uint8Array): Promise<number | null> {
    this.#into = into;
    let length = this.#take();
    if (length > 0) {
      const turn = turnIfDue();
      if (turn !== undefined) await turn;
      return length;
    }
    // Taken by whoever looks, so that a read waits for no more promises than it needs.
    const ready = () => length !== 0 || (length = this.#take()) !== 0 || this.#isOver;
    while (!ready()) {
      const spun = this.#ring.data.spin(ready);
      this.#events.waits?.(spun !== false);
      const isFound = typeof spun === "boolean" ? spun : await spun;
      if (!isFound) await this.#ring.data.sleep(ready);
    }
    if (length > 0) return length;
    if (length === LEFT && this.#events.left !== undefined) return await this.#events.left(into);
    if (this.mustLeave) this.fail(damaged());
    if (this.#failure !== undefined) throw this.#failure;
    return null;
  }

  /** As `isSpinDue` of an event, for a wait at the socket. */
  isLookDue(): boolean {
    return this.#ring.data.isSpinDue();
  }

  /** Ends reading with an error, unless it has ended with one already. */
  fail(error: DariError): void {
    this.#failure ??= error;
  }

  get #isOver(): boolean {
    return this.#failure !== undefined ||
      ((this.mustLeave || this.#ring.isClosed) && this.#ring.empty);
  }

  /** The next message wakes whoever reads, wherever it waits. */
  #leave(): number {
    if (this.#events.left === undefined) throw damaged();
    this.#ring.data.announce();
    return LEFT;
  }

  #take(): number {
    if (!this.rest.isEmpty) return this.rest.take(this.#into);
    try {
      return this.#ring.tryTake(this.#copy) ?? 0;
    } catch (error) {
      // Whoever looks for others throws nothing: the read that waits finds it here.
      if (error instanceof DariError) this.fail(error);
      throw error;
    }
  }
}
