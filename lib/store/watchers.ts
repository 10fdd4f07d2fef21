/**
 * Who watches which part of a store.
 *
 * @module
 */

import type { Change } from "./store.ts";

interface Watcher {
  readonly prefix: string;
  readonly listener: (change: Change) => void;
}

/** The watchers of one store. */
export class Watchers {
  readonly #watchers = new Set<Watcher>();

  /** How many there are. */
  get size(): number {
    return this.#watchers.size;
  }

  /**
   * Adds one.
   *
   * @param prefix The beginning of the keys to hear of.
   * @param listener Called once a change.
   * @param onEnd Called when the watch was ended.
   * @returns Ends the watch when disposed.
   */
  add(prefix: string, listener: (change: Change) => void, onEnd?: () => void): Disposable {
    const watcher = { prefix, listener };
    this.#watchers.add(watcher);
    return {
      [Symbol.dispose]: () => {
        if (this.#watchers.delete(watcher)) onEnd?.();
      },
    };
  }

  /**
   * Tells of a change.
   *
   * @param change The change; a reset reaches everyone.
   */
  tell(change: Change): void {
    for (const { prefix, listener } of this.#watchers) {
      if (change.kind !== "reset" && !keyOf(change).startsWith(prefix)) continue;
      try {
        listener(change);
      } catch (error) {
        // The write is done and must be acknowledged, and the other watchers must hear of it.
        reportError(error);
      }
    }
  }

  /** Forgets everyone. */
  clear(): void {
    this.#watchers.clear();
  }
}

function keyOf(change: Exclude<Change, { kind: "reset" }>): string {
  return change.kind === "put" ? change.entry.key : change.key;
}
