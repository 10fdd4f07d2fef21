/**
 * The book of a stress run: which message of which sender has arrived, one bit each, in memory that
 * all threads write.
 *
 * @module
 */

const DOUBLED = 0;
const DISORDERED = 1;
const STOP = 2;
const HEADER_WORDS = 3;
const BITS = 32;

/** What was wrong with a run; all of it has to be 0. */
export interface Faults {
  /** Messages that were sent and never arrived. */
  readonly lost: number;
  /** Messages that arrived more than once. */
  readonly doubled: number;
  /** Messages that arrived after a later one of the same sender, at the same receiver. */
  readonly disordered: number;
}

/** The book, seen from one thread. */
export class Tally {
  /** The memory, to be posted to other threads. */
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #wordsEach: number;
  /** The latest message that this thread has received of each sender. */
  readonly #latest: number[];

  private constructor(buffer: SharedArrayBuffer, senders: number) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
    this.#wordsEach = (this.#words.length - HEADER_WORDS) / senders;
    this.#latest = Array(senders).fill(-1);
  }

  /**
   * Opens a new book.
   *
   * @param senders How many there are.
   * @param maxEach The most messages of each.
   */
  static create(senders: number, maxEach: number): Tally {
    const words = HEADER_WORDS + senders * Math.ceil(maxEach / BITS);
    return new Tally(new SharedArrayBuffer(words * Int32Array.BYTES_PER_ELEMENT), senders);
  }

  /** Opens the book that another thread has created. */
  static open(buffer: SharedArrayBuffer, senders: number): Tally {
    return new Tally(buffer, senders);
  }

  /** Whether senders have to come to their end, because the time is over or the book is full. */
  isOver(sent: number): boolean {
    return sent >= this.#wordsEach * BITS || Atomics.load(this.#words, STOP) !== 0;
  }

  /** The time is over. */
  stop(): void {
    Atomics.store(this.#words, STOP, 1);
  }

  /** Notes a message that has arrived. */
  note(sender: number, index: number): void {
    const bit = 1 << (index % BITS);
    const word = HEADER_WORDS + sender * this.#wordsEach + Math.floor(index / BITS);
    if (Atomics.or(this.#words, word, bit) & bit) Atomics.add(this.#words, DOUBLED, 1);
    if (index < (this.#latest[sender] ?? -1)) Atomics.add(this.#words, DISORDERED, 1);
    this.#latest[sender] = index;
  }

  /**
   * Compares the book with what was sent.
   *
   * @param sent How many messages of each sender.
   */
  faults(sent: readonly number[]): Faults {
    let lost = 0;
    for (const [sender, count] of sent.entries()) {
      for (let index = 0; index < count; index++) if (!this.#has(sender, index)) lost++;
    }
    const [doubled = 0, disordered = 0] = this.#words;
    return { lost, doubled, disordered };
  }

  #has(sender: number, index: number): boolean {
    const word = HEADER_WORDS + sender * this.#wordsEach + Math.floor(index / BITS);
    return ((this.#words[word] ?? 0) >>> (index % BITS) & 1) === 1;
  }
}
