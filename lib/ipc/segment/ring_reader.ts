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

/** Reads what the other process writes into a ring; one read at a time. */
export class RingReader {
  readonly #ring: Ring<ArrayBuffer>;
  readonly #onTaken: () => void;
  /** What the next message is copied into. */
  #into: Uint8Array = new Uint8Array(0);
  /** The rest of a message that was longer than the memory it was to be read into. */
  readonly #rest = new RestBytes();
  /** Why nothing more is read, where the other side broke the rules. */
  #failure: DariError | undefined;
  /** Kept here, so that a look allocates nothing. */
  readonly #copy = ({ offset, length }: FoundRecord, { bytes }: Records) => {
    this.#onTaken();
    const fits = Math.min(length, this.#into.length);
    this.#into.set(bytes.subarray(offset, offset + fits));
    if (fits < length) this.#rest.keep(bytes.slice(offset + fits, offset + length));
    return fits;
  };

  /**
   * @param ring The ring.
   * @param onTaken Called with each message that is taken out of it.
   */
  constructor(ring: Ring<ArrayBuffer>, onTaken: () => void) {
    this.#ring = ring;
    this.#onTaken = onTaken;
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
    const ready = () => (length = this.#take()) > 0 || this.#isOver;
    while (!ready()) {
      const spun = this.#ring.data.spin(ready);
      const isFound = typeof spun === "boolean" ? spun : await spun;
      if (!isFound) await this.#ring.data.sleep(ready);
      if (length > 0) return length;
    }
    if (length > 0) return length;
    if (this.#failure !== undefined) throw this.#failure;
    return null;
  }

  /** Ends reading with an error, unless it has ended with one already. */
  fail(error: DariError): void {
    this.#failure ??= error;
  }

  get #isOver(): boolean {
    return this.#failure !== undefined || (this.#ring.isClosed && this.#ring.empty);
  }

  #take(): number {
    if (!this.#rest.isEmpty) return this.#rest.take(this.#into);
    try {
      return this.#ring.tryTake(this.#copy) ?? 0;
    } catch (error) {
      // Whoever looks for others throws nothing: the read that waits finds it here.
      if (error instanceof DariError) this.fail(error);
      throw error;
    }
  }
}
