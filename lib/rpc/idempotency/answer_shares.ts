/**
 * How much of the room for answers each caller has.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";

/** The bounds of what is kept, in bytes. */
export interface ShareBounds {
  readonly maxBytes: number;
  readonly maxBytesPerPrincipal: number;
  /** How long an answer is kept, in milliseconds. */
  readonly keepMs: number;
}

interface Kept {
  readonly bytes: number;
  readonly atMs: number;
}

/** What one caller has. */
class Share {
  bytes = 0;
  /** By their names, the oldest first. */
  readonly kept = new Map<string, Kept>();

  get oldest(): readonly [string, Kept] | undefined {
    const [first] = this.kept;
    return first;
  }
}

/**
 * Counts the bytes of what is kept. A caller that has used up its share loses its oldest answers, and
 * where all shares together are too much, the caller with the largest gives up its oldest. Nothing is
 * given up that is younger than `limits.minAnswerKeepMs`: its call may still be tried again.
 *
 * Invariant: the bytes of the shares add up to `#bytes`, and those of a share to its `bytes`.
 */
export class AnswerShares {
  readonly #bounds: ShareBounds;
  readonly #shares = new Map<string, Share>();
  #bytes = 0;
  /** The largest share when it was last looked for. */
  #largest: Share | undefined;

  /** @param bounds The bounds. */
  constructor(bounds: ShareBounds) {
    this.#bounds = bounds;
  }

  /** The bytes of all that is kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Counts what is kept under a name, in place of what was.
   *
   * @param name `answers/OWNER/KEY`.
   * @param bytes How much it is.
   * @param atMs Since when, in milliseconds since the epoch.
   */
  add(name: string, bytes: number, atMs: number): void {
    this.remove(name);
    const owner = ownerOf(name);
    let share = this.#shares.get(owner);
    if (share === undefined) this.#shares.set(owner, share = new Share());
    share.kept.set(name, { bytes, atMs });
    share.bytes += bytes;
    this.#bytes += bytes;
  }

  /** Nothing is kept under a name any more. */
  remove(name: string): void {
    const owner = ownerOf(name);
    const share = this.#shares.get(owner);
    const kept = share?.kept.get(name);
    if (share === undefined || kept === undefined) return;
    share.kept.delete(name);
    share.bytes -= kept.bytes;
    this.#bytes -= kept.bytes;
    if (share.kept.size === 0) this.#shares.delete(owner);
  }

  /**
   * Makes room for what is to be kept under a name in place of what is.
   *
   * @param name The name.
   * @param bytes How much.
   * @param nowMs The time, in milliseconds since the epoch.
   * @returns The names that have to go; they are not counted any more.
   * @throws {DariError} `resource_exhausted` with `retryAfterMs` where there is none.
   */
  makeRoom(name: string, bytes: number, nowMs: number): string[] {
    const before = this.#shares.get(ownerOf(name))?.kept.get(name);
    // What the name has now goes with it; until then it is counted.
    this.remove(name);
    try {
      return this.#madeRoom(name, bytes, nowMs);
    } finally {
      if (before !== undefined) this.add(name, before.bytes, before.atMs);
    }
  }

  #madeRoom(name: string, bytes: number, nowMs: number): string[] {
    const { maxBytes, maxBytesPerPrincipal } = this.#bounds;
    const gone: string[] = [];
    if (bytes > Math.min(maxBytes, maxBytesPerPrincipal)) throw noRoom(bytes, undefined);
    const share = this.#shares.get(ownerOf(name));
    if (share !== undefined) {
      this.#dropOver(share, nowMs, gone);
      while (share.bytes + bytes > maxBytesPerPrincipal) this.#giveUp(share, bytes, nowMs, gone);
    }
    while (this.#bytes + bytes > maxBytes) this.#giveUp(this.#findLargest(), bytes, nowMs, gone);
    return gone;
  }

  #dropOver(share: Share, nowMs: number, gone: string[]): void {
    for (const [name, { atMs }] of share.kept) {
      if (atMs + this.#bounds.keepMs > nowMs) return;
      this.remove(name);
      gone.push(name);
    }
  }

  #giveUp(share: Share | undefined, bytes: number, nowMs: number, gone: string[]): void {
    const oldest = share?.oldest;
    if (oldest === undefined) throw noRoom(bytes, undefined);
    const [name, { atMs }] = oldest;
    const youngForMs = atMs + limits.minAnswerKeepMs - nowMs;
    if (youngForMs > 0) throw noRoom(bytes, youngForMs);
    this.remove(name);
    gone.push(name);
  }

  /** One that has more than most is large enough: looking at all each time would take too long. */
  #findLargest(): Share | undefined {
    const average = this.#bytes / this.#shares.size;
    if (this.#largest !== undefined && this.#largest.bytes > average) return this.#largest;
    let largest: Share | undefined;
    for (const share of this.#shares.values()) {
      if (largest === undefined || share.bytes > largest.bytes) largest = share;
    }
    return this.#largest = largest;
  }
}

function ownerOf(name: string): string {
  return name.slice(0, name.lastIndexOf("/"));
}

function noRoom(bytes: number, retryAfterMs: number | undefined): DariError {
  return new DariError(
    "resource_exhausted",
    `There is no room to keep an answer of ${bytes} bytes for its idempotency key`,
    retryAfterMs === undefined ? { retryable: false } : { retryAfterMs },
  );
}
