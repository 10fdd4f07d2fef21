/**
 * Shared memory from its opening to its release.
 *
 * Invariant: the memory is released once, after `close` and after the last wait has ended: reading
 * memory that is unmapped crashes the process.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import type { NamedMemory } from "./named_memory.ts";
import { VersionedMessage, type VersionWaitOptions } from "./versioned_message.ts";

/** Memory that is open, and the waits in it. */
export class OpenMemory {
  readonly #name: string;
  /** Given by the opener; released by `#releaseIfUnused`. */
  readonly #memory: NamedMemory;
  /** One for each wait in progress: added and removed by `wait`, aborted by `close`. */
  readonly #waits = new Set<AbortController>();
  /** Cleared by `close`. */
  #message: VersionedMessage | undefined;

  constructor(name: string, memory: NamedMemory) {
    this.#name = name;
    this.#memory = memory;
    this.#message = new VersionedMessage(memory.bytes, memory.nap);
  }

  /** What holds the memory's bytes; after `close` only its class may be looked at. */
  get buffer(): ArrayBufferLike {
    return this.#memory.bytes.buffer;
  }

  /**
   * The message; use it before the next `await`.
   *
   * @throws {DariError} `failed_precondition` where the memory is closed.
   */
  get message(): VersionedMessage {
    if (this.#message !== undefined) return this.#message;
    throw this.#closed();
  }

  /**
   * As `VersionedMessage.wait`, until the memory is closed.
   *
   * @throws {DariError} `failed_precondition` where the memory is closed, before the wait or during it.
   * @throws The signal's reason.
   */
  async wait<T>(
    ready: (message: VersionedMessage) => T | undefined,
    options: VersionWaitOptions,
  ): Promise<T | undefined> {
    const { message } = this;
    const { signal } = options;
    signal?.throwIfAborted();
    const ended = new AbortController();
    const onAbort = () => ended.abort(signal?.reason);
    signal?.addEventListener("abort", onAbort);
    this.#waits.add(ended);
    try {
      return await message.wait(() => ready(message), { ...options, signal: ended.signal });
    } finally {
      signal?.removeEventListener("abort", onAbort);
      this.#waits.delete(ended);
      this.#releaseIfUnused();
    }
  }

  /** Ends every wait, and releases the memory once nobody uses it. A second call does nothing. */
  close(): void {
    if (this.#message === undefined) return;
    this.#message = undefined;
    for (const wait of this.#waits) wait.abort(this.#closed());
    this.#releaseIfUnused();
  }

  #releaseIfUnused(): void {
    if (this.#message === undefined && this.#waits.size === 0) this.#memory.release();
  }

  #closed(): DariError {
    return new DariError("failed_precondition", `Shared memory "${this.#name}" is closed`);
  }
}
