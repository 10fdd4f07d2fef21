/**
 * Lines that wait to be sent. Lines that are pushed in one turn leave in one write, and those that
 * are pushed while a write is under way leave together after it.
 *
 * @module
 */

import type { Connection } from "../../transport/connection.ts";

/**
 * Gathers the lines of one connection and sends them.
 *
 * Invariants: at most one write is under way. Only answers count towards `isFull`: those that wait
 * (`#owed`) and those in the write that is under way (`#owedSending`). A closed outbox is empty and
 * takes nothing more.
 */
export class Outbox {
  readonly #connection: Connection;
  readonly #maxUnsent: number;
  readonly #onError: (error: unknown) => void;
  readonly #flushSoon = () => {
    this.#isScheduled = false;
    this.flush();
  };
  /** The lines that wait, each with its LF. */
  #text = "";
  /** The characters of answers that wait, and of those being sent. */
  #owed = 0;
  #owedSending = 0;
  /** Whether a write is under way. */
  #isSending = false;
  /** Whether a flush was asked for at the end of this turn. */
  #isScheduled = false;
  #isClosed = false;
  /** Made by whoever waits, resolved and forgotten by `#release`. */
  /** The characters that are being sent. */
  #sendingLength = 0;
  /** Called when a write has ended, for calls that wait for that; unset where none do. */
  onRoom: (() => void) | undefined;
  #drained: PromiseWithResolvers<void> | undefined;

  /**
   * @param connection Takes the lines; its owner closes it.
   * @param maxUnsent The characters of unsent answers from which the outbox is full.
   * @param onError Called once, when a write failed; the outbox is closed then.
   */
  constructor(connection: Connection, maxUnsent: number, onError: (error: unknown) => void) {
    this.#connection = connection;
    this.#maxUnsent = maxUnsent;
    this.#onError = onError;
  }

  /**
   * Whether so much waits that the other side should not be read from. Our own requests do not
   * count: if both sides stopped reading because of their own requests, neither would ever see a reply.
   */
  get isFull(): boolean {
    return this.#owed + this.#owedSending >= this.#maxUnsent;
  }

  /** Whether an answer waits. */
  get isOwing(): boolean {
    return this.#owed + this.#owedSending > 0;
  }

  /** The characters that wait or are being sent. */
  get unsentLength(): number {
    return this.#text.length + this.#sendingLength;
  }

  /** Whether nothing waits to be sent. */
  get isEmpty(): boolean {
    return this.#text === "" && !this.#isSending;
  }

  /** Takes a reply or an item, without LF; it is sent at the end of this turn. */
  push(message: string): void {
    if (this.#isClosed) return;
    this.#owed += message.length;
    this.pushRequest(message);
  }

  /** Takes a request or notification of our own, without LF. */
  pushRequest(message: string): void {
    if (this.#isClosed) return;
    this.#text += `${message}\n`;
    if (this.#isScheduled || this.#isSending) return;
    this.#isScheduled = true;
    queueMicrotask(this.#flushSoon);
  }

  /** Sends now what waits, unless a write is under way. */
  flush(): void {
    if (this.#text === "" || this.#isSending || this.#isClosed) return;
    const text = this.#text;
    this.#text = "";
    this.#isSending = true;
    this.#sendingLength = text.length;
    this.#owedSending = this.#owed;
    this.#owed = 0;
    this.#connection.send(text).then(() => {
      this.#isSending = false;
      this.#owedSending = this.#sendingLength = 0;
      if (this.onRoom !== undefined) this.onRoom();
      this.flush();
      if (!this.isFull) this.#release();
    }, (error) => {
      this.close();
      this.#onError(error);
    });
  }

  /** Resolves once the outbox is not full, or is closed. */
  drained(): Promise<void> {
    if (!this.isFull || this.#isClosed) return Promise.resolve();
    this.#drained ??= Promise.withResolvers<void>();
    return this.#drained.promise;
  }

  /** Resolves once everything is sent, or the outbox is closed. */
  async emptied(): Promise<void> {
    this.flush();
    while (this.#isSending && !this.#isClosed) {
      this.#drained ??= Promise.withResolvers<void>();
      await this.#drained.promise;
    }
  }

  /** Drops what waits and takes nothing more. */
  close(): void {
    this.#isClosed = true;
    this.#text = "";
    this.#owed = this.#owedSending = this.#sendingLength = 0;
    this.#isSending = false;
    this.#release();
  }

  #release(): void {
    this.#drained?.resolve();
    this.#drained = undefined;
  }
}
