/**
 * One message in memory that others read and write at the same time: a sequence lock (seqlock).
 *
 * The memory holds the length of the message (4 bytes, big-endian), the message, and in its last
 * aligned word the version.
 *
 * Invariants:
 * - The version is odd while a writer is at work, and a multiple of two otherwise. It only rises,
 *   modulo 2^32: by one when a write begins, and by one when it ends.
 * - A writer begins by moving the version from even to odd in one step, so at most one does.
 * - What a reader has copied counts only if the version was even before, and is the same afterwards.
 *   Its second look is a read-modify-write and not a load: an ARM processor may move a load before the
 *   copy, but not a write that releases. And a writer loads the version once it is odd, so that no
 *   part of its message can become visible before that.
 * - A writer that dies leaves the version odd. `repair` moves it on by two, so that the dead writer,
 *   should it live after all, fails to end its write.
 *
 * @module
 */

import { delay, settlesWithin } from "../../base/abort.ts";
import { limits } from "../../base/limits.ts";
import { turn } from "../../base/turn.ts";
import type { WaitOptions } from "../wait/event.ts";

const PREFIX_BYTES = 4;
const VERSION_BYTES = 4;

/** How long to wait. */
export interface VersionWaitOptions extends WaitOptions {
  /** Gives up after the version has not changed for this many milliseconds. */
  readonly stallMs?: number;
}

/** The message, as one process or thread uses it. */
export class VersionedMessage {
  /** The longest message, in bytes. */
  readonly maxBytes: number;
  // Three views of the memory, whose owner must drop this object before it releases the memory.
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;
  readonly #view: DataView;
  /** The index of the version among the words. */
  readonly #at: number;
  readonly #nap: () => Promise<unknown>;
  readonly #now: () => number;

  /**
   * @param bytes The memory, at least 16 bytes; it may hold a message already.
   * @param nap Lets another process have the core for a moment; between threads nobody naps.
   * @param now The time in milliseconds.
   */
  constructor(
    bytes: Uint8Array,
    nap: () => Promise<unknown> = turn,
    now = () => performance.now(),
  ) {
    const words = Math.floor(bytes.length / 4); // a shift would take the longest memory as negative
    this.#bytes = bytes;
    this.#words = new Int32Array(bytes.buffer, bytes.byteOffset, words);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset);
    this.#at = words - 1;
    this.#nap = nap;
    this.#now = now;
    this.maxBytes = words * 4 - PREFIX_BYTES - VERSION_BYTES;
  }

  /** The version; odd while a writer is at work. */
  get version(): number {
    return Atomics.load(this.#words, this.#at) >>> 0;
  }

  /**
   * Writes a message.
   *
   * @param message At most `maxBytes` long.
   * @param repair Whether to write where another writer has left the version odd.
   * @returns The new version, or `undefined` where another writer is at work or died half-way.
   */
  write(message: Uint8Array, repair: boolean): number | undefined {
    const before = Atomics.load(this.#words, this.#at);
    const isOdd = (before & 1) !== 0;
    const odd = (before + (isOdd ? 2 : 1)) | 0;
    if ((isOdd && !repair) || !this.#move(before, odd)) return undefined;
    if (Atomics.load(this.#words, this.#at) !== odd) return undefined; // repaired meanwhile
    this.#view.setUint32(0, message.length);
    this.#bytes.set(message, PREFIX_BYTES);
    const after = (odd + 1) | 0;
    if (!this.#move(odd, after)) return undefined;
    if (this.#isBetweenThreads) Atomics.notify(this.#words, this.#at);
    return after >>> 0;
  }

  /**
   * Reads the message.
   *
   * @param into The buffer to read into, where it is long enough.
   * @returns The message; `undefined` while a writer is at work; or the length that the memory holds,
   * where no message can have it.
   */
  read(into?: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | number | undefined {
    const before = this.version;
    if (before & 1) return undefined;
    const length = this.#view.getUint32(0);
    if (length > this.maxBytes) return this.#isStill(before) ? length : undefined;
    const target = into && into.length >= length
      ? into.subarray(0, length)
      : new Uint8Array(length);
    target.set(this.#bytes.subarray(PREFIX_BYTES, PREFIX_BYTES + length));
    return this.#isStill(before) ? target : undefined;
  }

  /**
   * Calls `ready` until it returns a value. Between threads it is called whenever a write ends;
   * between processes, which cannot wake each other, in every turn of the event loop for a moment
   * after each change of the version, then after naps, and then less and less often.
   *
   * @returns What `ready` returned, or `undefined` when the time is over or the version has not
   * changed for `stallMs`.
   * @throws The signal's reason, at once where it has aborted already.
   */
  async wait<T>(ready: () => T | undefined, options: VersionWaitOptions): Promise<T | undefined> {
    const { timeoutMs = Infinity, stallMs = Infinity, signal } = options;
    let movedAt = this.#now();
    const end = movedAt + timeoutMs;
    let seen = Atomics.load(this.#words, this.#at);
    let pauseMs: number = limits.pollMs;
    while (true) {
      signal?.throwIfAborted();
      const version = Atomics.load(this.#words, this.#at);
      const found = ready();
      if (found !== undefined) return found;
      const now = this.#now();
      if (version !== seen) {
        seen = version;
        movedAt = now;
        pauseMs = limits.pollMs;
      }
      if (now >= end || now - movedAt >= stallMs) return undefined;
      if (!this.#isBetweenThreads && now - movedAt < limits.eagerPollMs) {
        await (now - movedAt < limits.turnPollMs ? turn() : this.#nap());
        continue;
      }
      await this.#pause(version, Math.min(pauseMs, end - now), signal);
      pauseMs = Math.min(pauseMs * 2, limits.maxPollMs);
    }
  }

  get #isBetweenThreads(): boolean {
    return this.#words.buffer instanceof SharedArrayBuffer;
  }

  #isStill(version: number): boolean {
    return Atomics.add(this.#words, this.#at, 0) >>> 0 === version;
  }

  #move(from: number, to: number): boolean {
    return Atomics.compareExchange(this.#words, this.#at, from, to) === from;
  }

  /** Sleeps until the version may have changed, for `ms` at most; keeps the event loop alive. */
  async #pause(version: number, ms: number, signal: AbortSignal | undefined): Promise<void> {
    if (!this.#isBetweenThreads) return await delay(ms, { signal });
    const sleep = Atomics.waitAsync(this.#words, this.#at, version, ms);
    if (sleep.async) await settlesWithin(sleep.value, ms, { signal });
  }
}
