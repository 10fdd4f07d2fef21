/**
 * What tells a log from every other one: a digest that goes on with each message that is taken. NATS
 * servers may give a message, and its number, that they forget later. Whoever decided by it says by the
 * digest what log that was, so that all who have another one pass their message over.
 *
 * @module
 */

import { hash } from "node:crypto"; // Web Crypto has no digest that answers at once
import { TAG_BYTES } from "./record_cipher.ts";
import type { LogPoint, OpenedMessage } from "./seal.ts";

/** What a log says of a message's point; the same at all who have the same log, and for ever. */
export type PointJudgement =
  | "right"
  /** It is before the last cut, of which those who begin with that snapshot know nothing. */
  | "late"
  /** It is of another log. */
  | "astray";

const DIGEST_DIGITS = 16;
const SEQUENCE_AT = BigUint64Array.BYTES_PER_ELEMENT;
const TAG_AT = 2 * BigUint64Array.BYTES_PER_ELEMENT;
const EMPTY: ChainStart = { taken: 0, digests: new BigUint64Array(1), isInForce: false };

/** What is known of a chain by those who begin in the middle of a log. */
export interface ChainStart {
  /** How many messages had been taken at the last cut. */
  readonly taken: number;
  /** The digest there, and one for each message that was taken since. */
  readonly digests: BigUint64Array<ArrayBuffer>;
  /** Whether messages have to say what they were decided on. */
  readonly isInForce: boolean;
}

/** The digests of a log, from its last cut on. */
export class Chain {
  /** At the cut, and behind each message since; there is room for more. */
  #digests: BigUint64Array<ArrayBuffer>;
  #last: number;
  /** How many messages had been taken at the cut. */
  #base: number;
  #isInForce: boolean;
  /** The digest before, the number of a message, and its tag: what the next digest is made of. */
  readonly #next = new Uint8Array(TAG_AT + TAG_BYTES);
  readonly #numbers = new DataView(this.#next.buffer);

  /**
   * @param start Where it begins; with an empty log by default.
   */
  constructor({ taken, digests, isInForce }: ChainStart = EMPTY) {
    this.#digests = digests.slice();
    this.#last = digests.length - 1;
    this.#base = taken;
    this.#isInForce = isInForce;
  }

  /** Whether messages have to say what they were decided on: from the first one on that does. */
  get isInForce(): boolean {
    return this.#isInForce;
  }

  /** How many messages have been taken. */
  get taken(): number {
    return this.#base + this.#last;
  }

  /** Where the log is now. */
  get point(): LogPoint {
    return { taken: this.taken, digest: this.#digests[this.#last]! };
  }

  /**
   * Gives the digests behind a moment.
   *
   * @param taken How many messages had been taken then; what is before the cut counts as nothing.
   */
  since(taken: number): BigUint64Array<ArrayBuffer> {
    return this.#digests.slice(Math.max(0, taken + 1 - this.#base), this.#last + 1);
  }

  /**
   * Judges what a message was decided on.
   *
   * @param point The point; `undefined` where the message does not say.
   */
  judge(point: LogPoint | undefined): PointJudgement {
    if (point === undefined) return this.#isInForce ? "late" : "right";
    const place = point.taken - this.#base;
    if (place < 0) return "late";
    return place <= this.#last && this.#digests[place] === point.digest ? "right" : "astray";
  }

  /**
   * Goes on with a message that is taken.
   *
   * @param message The message.
   * @param sequence Its number in the log.
   */
  take({ tag, point }: Pick<OpenedMessage, "tag" | "point">, sequence: number): void {
    this.#isInForce ||= point !== undefined;
    this.#numbers.setBigUint64(0, this.#digests[this.#last]!);
    this.#numbers.setBigUint64(SEQUENCE_AT, BigInt(sequence));
    this.#next.set(tag, TAG_AT);
    const digest = BigInt(`0x${hash("sha256", this.#next, "hex").slice(0, DIGEST_DIGITS)}`);
    if (++this.#last === this.#digests.length) this.#grow();
    this.#digests[this.#last] = digest;
  }

  /**
   * A snapshot is made of this moment, right after its announcement was taken. Nobody has to know what
   * was before. While there may be servers that know nothing of digests, it begins with nothing here:
   * one of them may make the snapshot, and says no digest in it.
   */
  cut(): void {
    const { taken, digest } = this.point;
    [this.#base, this.#last] = [taken, 0];
    this.#digests = new BigUint64Array([this.#isInForce ? digest : 0n]);
  }

  #grow(): void {
    const longer = new BigUint64Array(2 * this.#digests.length);
    longer.set(this.#digests);
    this.#digests = longer;
  }
}
