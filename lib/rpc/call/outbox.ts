/**
 * What waits to be sent. Everything that is pushed in one turn leaves in one write, and while a
 * write is under way the next one gathers.
 *
 * @module
 */

import type { Connection } from "../../transport/connection.ts";

/** Gathers lines and sends them. */
export class Outbox {
  readonly #connection: Connection;
  readonly #maxUnsent: number;
  readonly #onError: (error: unknown) => void;
  readonly #flushSoon = () => {
    this.#isScheduled = false;
    this.flush();
  };
  #text = "";
  #isSending = false;
  /** The part of what waits, and of what is being sent, that answers the other side. */
  #owed = 0;
  #owedSending = 0;
  #sendingLength = 0;
  #isScheduled = false;
  #isClosed = false;
  /** Called when a write has ended, for calls that wait for that; unset where none do. */
  onRoom: (() => void) | undefined;
  #drained: PromiseWithResolvers<void> | undefined;

  /**
   * @param connection Where lines go.
   * @param maxUnsent The length of unsent answers from which the outbox is full.
   * @param onError Told once, when sending failed.
   */
  constructor(connection: Connection, maxUnsent: number, onError: (error: unknown) => void) {
    this.#connection = connection;
    this.#maxUnsent = maxUnsent;
    this.#onError = onError;
  }

  /**
   * Whether so much waits that the other side should not be read from. Our own requests do not
   * count: who stops reading for them, stops its replies, and both sides wait for ever.
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

  /** Takes an answer, without its LF, to be sent at the end of this turn. */
  push(message: string): void {
    if (this.#isClosed) return;
    this.#owed += message.length;
    this.pushRequest(message);
  }

  /** Takes a request or notification of our own, without its LF. */
  pushRequest(message: string): void {
    if (this.#isClosed) return;
    this.#text += `${message}\n`;
    if (this.#isScheduled || this.#isSending) return;
    this.#isScheduled = true;
    queueMicrotask(this.#flushSoon);
  }

  /** Sends what waits now, unless a write is under way. */
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

  /** Resolves once the outbox is not full, or closed. */
  drained(): Promise<void> {
    if (!this.isFull || this.#isClosed) return Promise.resolve();
    this.#drained ??= Promise.withResolvers<void>();
    return this.#drained.promise;
  }

  /** Resolves once nothing waits any more, or it is closed. */
  async emptied(): Promise<void> {
    this.flush();
    while (this.#isSending && !this.#isClosed) {
      this.#drained ??= Promise.withResolvers<void>();
      await this.#drained.promise;
    }
  }

  /** Forgets what waits and takes nothing more. */
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
