/**
 * What a handler publishes, on a server that has topics.
 *
 * @module
 */

/** What a handler writes to the store together with a message. It is used while the function runs. */
export interface ContextTransaction {
  /** Reads an entry, with what this transaction has changed. */
  get(key: string): { readonly value: string; readonly version: number } | null;
  /** Stores a text under a key. */
  put(
    key: string,
    value: string,
    options?: { readonly ifVersion?: number; readonly expiresAtMs?: number },
  ): void;
  /** Removes an entry. */
  delete(key: string, options?: { readonly ifVersion?: number }): void;
  /** Puts a message into a queue. */
  enqueue(
    queue: string,
    message: {
      readonly value: unknown;
      readonly id?: string;
      readonly key?: string;
      readonly priority?: number;
      readonly delayMs?: number;
    },
  ): { readonly number: number; readonly isDuplicate: boolean };
  /** Publishes one more message. */
  publish(
    topic: string,
    message: { readonly value: unknown; readonly id?: string },
  ): ContextReceipt;
}

/** What became of a message that a handler published. */
export interface ContextReceipt {
  /** Its place in its topic, where that keeps messages. */
  readonly cursor?: string;
  /** Whether a message with this id was published before, so that nothing was done. */
  readonly isDuplicate: boolean;
}

/** What is said of a message that a handler publishes. */
export interface ContextPublishOptions {
  /** Names the message: a second one with this id is not published for as long as it is remembered. */
  readonly id?: string | undefined;
  /**
   * Writes to the same store in the same transaction: both hold, or neither. It must not wait, and may
   * run several times, of which one counts. For a duplicate it does not run.
   */
  readonly write?: ((transaction: ContextTransaction) => unknown) | undefined;
}

/** Publishes for the handlers of a server. */
export type Publishing = (
  by: string,
  topic: string,
  value: unknown,
  options: ContextPublishOptions | undefined,
) => Promise<ContextReceipt>;
