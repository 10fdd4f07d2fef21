/**
 * A line of things that wait for room, each sent in its turn.
 *
 * Invariants:
 * - `#items` has what waits, in the order of the calls. Something that was sent or given up leaves it at
 *   once, whatever its place in the line.
 * - `#lastTurn` resolves when nothing that was in the line before it waits any more; it never rejects.
 *
 * @module
 */

import { settlesWithin } from "../../base/abort.ts";
import { timedOut, type WaitOptions } from "./event.ts";

/** Something in the line. */
interface Waiting<Item> {
  readonly item: Item;
  readonly signal: AbortSignal | undefined;
  /** Set when `sendAllSync` has sent it. */
  isSent: boolean;
}

/**
 * Sends an item as soon as there is room.
 *
 * @param isSent Whether it was sent meanwhile, by a call that blocks the thread.
 * @param leftMs How long it may still take.
 */
type Send<Item> = (item: Item, isSent: () => boolean, leftMs: number) => Promise<void>;

/** What waits to be sent, first in first out. */
export class SendLine<Item> {
  readonly #what: string;
  readonly #items = new Set<Waiting<Item>>();
  #lastTurn: Promise<void> = Promise.resolve();

  /** @param what What everything in the line waits for, as an error names it. */
  constructor(what: string) {
    this.#what = what;
  }

  /** Whether nothing waits, so that something new may be sent at once. */
  get isEmpty(): boolean {
    return this.#items.size === 0;
  }

  /**
   * Sends an item behind everything that waits already.
   *
   * @param send Called in the item's turn.
   * @param options Bounds of the whole wait.
   * @throws {DariError} `deadline_exceeded` where its turn does not come in time, and what `send` throws.
   */
  send(item: Item, send: Send<Item>, options: WaitOptions): Promise<void> {
    const before = this.isEmpty ? undefined : this.#lastTurn;
    const waiting = { item, signal: options.signal, isSent: false };
    this.#items.add(waiting);
    const sent = this.#sendInTurn(waiting, before, send, options);
    const ended = sent.catch(() => {});
    this.#lastTurn = before === undefined ? ended : before.then(() => ended);
    return sent;
  }

  /**
   * Sends everything that waits, in its order, from a call that blocks the thread.
   *
   * @param sendSync Sends one item; what is left in the line when it throws goes on waiting.
   */
  sendAllSync(sendSync: (item: Item) => void): void {
    for (const waiting of this.#items) {
      if (waiting.signal?.aborted) continue; // its wait is about to end
      sendSync(waiting.item);
      waiting.isSent = true;
      this.#items.delete(waiting);
    }
  }

  async #sendInTurn(
    waiting: Waiting<Item>,
    before: Promise<void> | undefined,
    send: Send<Item>,
    options: WaitOptions,
  ): Promise<void> {
    const { timeoutMs = Infinity } = options;
    const end = performance.now() + timeoutMs;
    try {
      if (before !== undefined && !await settlesWithin(before, timeoutMs, options)) {
        throw timedOut(this.#what, timeoutMs);
      }
      if (waiting.isSent) return;
      await send(waiting.item, () => waiting.isSent, Math.max(0, end - performance.now()));
    } finally {
      this.#items.delete(waiting);
    }
  }
}
