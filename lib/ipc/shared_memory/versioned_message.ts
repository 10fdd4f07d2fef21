/**
 * One message in memory that others write and read at the same time: 4 bytes of length, big-endian,
 * the message, and in the last aligned word a version counter, odd while somebody writes.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { turn } from "../../base/turn.ts";
import type { WaitOptions } from "../wait/event.ts";

const PREFIX_BYTES = 4;
const VERSION_BYTES = 4;
/** Room for the length, the version, and a message worth the name. */
export const MIN_MESSAGE_MEMORY_BYTES = 16;

/** How long to wait. */
interface WaitLimit extends WaitOptions {
  /** How long the version may stand still, in milliseconds. */
  readonly stallMs?: number;
}

/** The message, seen from one process or thread. */
export class VersionedMessage {
  /** The longest message, in bytes. */
  readonly maxBytes: number;
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;
  readonly #view: DataView;
  readonly #at: number;

  constructor(bytes: Uint8Array) {
    const words = bytes.length >> 2;
    this.#bytes = bytes;
    this.#words = new Int32Array(bytes.buffer, bytes.byteOffset, words);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset);
    this.#at = words - 1;
    this.maxBytes = words * 4 - PREFIX_BYTES - VERSION_BYTES;
  }

  get version(): number {
    return Atomics.load(this.#words, this.#at) >>> 0;
  }

  /**
   * @param repair Whether to go on where another writer has left the version odd.
   * @returns The new version, or `undefined` where another one writes, or died half-way.
   */
  write(message: Uint8Array, repair: boolean): number | undefined {
    const before = Atomics.load(this.#words, this.#at);
    const isOdd = (before & 1) !== 0;
    const odd = (before + (isOdd ? 2 : 1)) | 0;
    if ((isOdd && !repair) || !this.#move(before, odd)) return undefined;
    this.#view.setUint32(0, message.length);
    this.#bytes.set(message, PREFIX_BYTES);
    const after = (odd + 1) | 0;
    if (!this.#move(odd, after)) return undefined;
    if (this.#isBetweenThreads) Atomics.notify(this.#words, this.#at);
    return after >>> 0;
  }

  /**
   * @param into Where the message goes if it is long enough.
   * @returns The message, `undefined` while somebody writes, or a length that cannot be right.
   */
  read(into?: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | number | undefined {
    const before = this.version;
    if (before & 1) return undefined;
    const length = this.#view.getUint32(0);
    if (length > this.maxBytes) return this.version === before ? length : undefined;
    const target = into && into.length >= length
      ? into.subarray(0, length)
      : new Uint8Array(length);
    target.set(this.#bytes.subarray(PREFIX_BYTES, PREFIX_BYTES + length));
    return this.version === before ? target : undefined;
  }

  /**
   * Waits until `ready` gives something, and looks when the version may have moved: at once between
   * threads; between processes with every turn of the event loop for a while after each move, then
   * less and less often.
   *
   * @returns What `ready` gave, or `undefined` when the time ran out or nothing moved for `stallMs`.
   */
  async wait<T>(ready: () => T | undefined, limit: WaitLimit): Promise<T | undefined> {
    const { timeoutMs = Infinity, stallMs = Infinity, signal } = limit;
    const end = performance.now() + timeoutMs;
    let seen = Atomics.load(this.#words, this.#at);
    let movedAt = performance.now();
    let pauseMs: number = limits.pollMs;
    while (true) {
      signal?.throwIfAborted();
      const version = Atomics.load(this.#words, this.#at);
      const found = ready();
      if (found !== undefined) return found;
      const now = performance.now();
      if (version !== seen) {
        seen = version;
        movedAt = now;
        pauseMs = limits.pollMs;
      }
      if (now >= end || now - movedAt >= stallMs) return undefined;
      if (!this.#isBetweenThreads && now - movedAt < limits.eagerPollMs) {
        await turn();
        continue;
      }
      await this.#pause(version, Math.min(pauseMs, end - now));
      pauseMs = Math.min(pauseMs * 2, limits.maxPollMs);
    }
  }

  get #isBetweenThreads(): boolean {
    return this.#words.buffer instanceof SharedArrayBuffer;
  }

  #move(from: number, to: number): boolean {
    return Atomics.compareExchange(this.#words, this.#at, from, to) === from;
  }

  async #pause(version: number, ms: number): Promise<void> {
    // A timer in both cases: it is what keeps the event loop alive.
    const slept = Promise.withResolvers<void>();
    const timer = setTimeout(slept.resolve, ms);
    if (this.#isBetweenThreads) {
      const wait = Atomics.waitAsync(this.#words, this.#at, version, ms);
      await (wait.async ? Promise.race([wait.value, slept.promise]) : undefined);
    } else await slept.promise;
    clearTimeout(timer);
  }
}
