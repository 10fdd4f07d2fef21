/**
 * What waits to be sent. Everything that is pushed in one turn leaves in one write, and while a
 * write is under way the next one gathers.
 *
 * @module
 */

import type { Connection } from "../transport/connection.ts";

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
  #sending = 0;
  #isScheduled = false;
  #isClosed = false;
  #drained: PromiseWithResolvers<void> | undefined;

  /**
   * @param connection Where lines go.
   * @param maxUnsent The length of unsent text from which the outbox is full.
   * @param onError Told once, when sending failed.
   */
  constructor(connection: Connection, maxUnsent: number, onError: (error: unknown) => void) {
    this.#connection = connection;
    this.#maxUnsent = maxUnsent;
    this.#onError = onError;
  }

  /** Whether so much waits that nothing should be added to it. */
  get isFull(): boolean {
    return this.#text.length + this.#sending >= this.#maxUnsent;
  }

  /** Whether nothing waits to be sent. */
  get isEmpty(): boolean {
    return this.#text === "" && this.#sending === 0;
  }

  /** Takes a message, without its LF, to be sent at the end of this turn. */
  push(message: string): void {
    if (this.#isClosed) return;
    this.#text += `${message}\n`;
    if (this.#isScheduled || this.#sending > 0) return;
    this.#isScheduled = true;
    queueMicrotask(this.#flushSoon);
  }

  /** Sends what waits now, unless a write is under way. */
  flush(): void {
    if (this.#text === "" || this.#sending > 0 || this.#isClosed) return;
    const text = this.#text;
    this.#text = "";
    this.#sending = text.length;
    this.#connection.send(text).then(() => {
      this.#sending = 0;
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
    while (this.#sending > 0 && !this.#isClosed) {
      this.#drained ??= Promise.withResolvers<void>();
      await this.#drained.promise;
    }
  }

  /** Forgets what waits and takes nothing more. */
  close(): void {
    this.#isClosed = true;
    this.#text = "";
    this.#sending = 0;
    this.#release();
  }

  #release(): void {
    this.#drained?.resolve();
    this.#drained = undefined;
  }
}
