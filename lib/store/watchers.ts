/**
 * The listeners of a store, each with the prefix of the keys that it watches.
 *
 * @module
 */

import type { Change, Watch } from "./store.ts";

/** How a store takes part in a watch. */
export interface WatcherOptions {
  /** Called once, after the watch was disposed. */
  readonly onEnd?: () => void;
  /** Tells the watchers what is new by now; nothing by default, where they hear of everything at once. */
  readonly look?: () => void;
}

interface Watcher {
  readonly prefix: string;
  readonly listener: (change: Change) => void;
}

/** The watchers of one store. A watch ends when it is disposed, or when the store closes. */
export class Watchers {
  readonly #watchers = new Set<Watcher>();

  /** How many watches have not ended. */
  get size(): number {
    return this.#watchers.size;
  }

  /**
   * Begins a watch.
   *
   * @param prefix What the watched keys begin with; the empty text watches every key.
   * @param listener Called once for each change. What it throws is reported as an uncaught error.
   * @param options How the store takes part.
   * @returns The watch; disposing it twice ends it once.
   */
  add(
    prefix: string,
    listener: (change: Change) => void,
    { onEnd, look }: WatcherOptions = {},
  ): Watch {
    const watcher = { prefix, listener };
    this.#watchers.add(watcher);
    return {
      look: () => look?.(),
      [Symbol.dispose]: () => {
        if (this.#watchers.delete(watcher)) onEnd?.();
      },
    };
  }

  /**
   * Calls the listeners that watch the changed key.
   *
   * @param change The change; a reset reaches every listener.
   */
  tell(change: Change): void {
    for (const { prefix, listener } of this.#watchers) {
      if (change.kind !== "reset" && !keyOf(change).startsWith(prefix)) continue;
      try {
        listener(change);
      } catch (error) {
        // The write has happened: it must be acknowledged, and the other listeners must be called.
        reportError(error);
      }
    }
  }

  /** Ends every watch without calling `onEnd`. */
  clear(): void {
    this.#watchers.clear();
  }
}

function keyOf(change: Exclude<Change, { kind: "reset" }>): string {
  return change.kind === "put" ? change.entry.key : change.key;
}
