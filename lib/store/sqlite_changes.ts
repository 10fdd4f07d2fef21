/**
 * The changes of a SQLite store, as its watchers hear of them.
 *
 * @module
 */

import { isBusy } from "./tables/sqlite_errors.ts";
import { entryOf, type Row, type Statements } from "./sqlite_statements.ts";
import type { Change, Watch } from "./store.ts";
import { Watchers } from "./watchers.ts";

/** What the changes are read with. */
export interface ChangeFeedOptions {
  /** The statements of the open database. */
  readonly statements: Statements;
  /** How often to look for changes of other processes, in milliseconds. */
  readonly pollMs: number;
  /** What the time between two looks is measured with, in milliseconds. */
  readonly monotonic: () => number;
  /** Asked with each look; says whether the file is another one by now. */
  readonly isLost: () => boolean;
}

/**
 * Tells watchers of changes in the order of their versions:
 *
 * - Invariant: every change up to `#seenVersion` was told or is being told, and none after it. `#tell`
 *   reads the changes after it from the file, whoever made them, so a change of this process and one
 *   of another process never overtake each other.
 * - Polling runs exactly while there are watchers. `#seenDataVersion` is SQLite's counter of commits
 *   by other connections when the file was last read; while it stands still, polling reads nothing.
 */
export class ChangeFeed {
  readonly #options: ChangeFeedOptions;
  readonly #watchers = new Watchers();
  /** Set by the first watcher; the last one to leave, or `close`, clears it. */
  #timer: ReturnType<typeof setInterval> | undefined;
  #seenVersion = 0;
  #seenDataVersion: unknown;
  #polledAtMs = -Infinity;
  /** Whether the last read failed: watchers get one reset, and not one with each poll. */
  #isFailing = false;

  /** @param options What the changes are read with. */
  constructor(options: ChangeFeedOptions) {
    this.#options = options;
  }

  /**
   * Begins a watch.
   *
   * @param prefix What the watched keys begin with.
   * @param listener Called once for each change.
   * @returns The watch.
   */
  watch(prefix: string, listener: (change: Change) => void): Watch {
    if (this.#watchers.size === 0) this.#startPolling();
    return this.#watchers.add(prefix, listener, {
      onEnd: () => {
        if (this.#watchers.size === 0) this.#stopPolling();
      },
      look: () => this.#look(),
    });
  }

  /** Tells watchers of a write. It never throws: the write has happened. */
  deliver(): void {
    if (this.#watchers.size === 0) return;
    try {
      this.#tell();
    } catch {
      this.#missed();
    }
  }

  /** Tells watchers that changes may be missed from now on, and looks no more. */
  end(): void {
    this.#stopPolling();
    this.#watchers.tell({ kind: "reset" });
  }

  /** Ends all watches. */
  close(): void {
    this.#stopPolling();
    this.#watchers.clear();
  }

  #startPolling(): void {
    this.#polledAtMs = this.#options.monotonic();
    this.#seenDataVersion = this.#dataVersion();
    this.#seenVersion = this.#counter("revision");
    const timer = setInterval(() => this.#poll(), this.#options.pollMs);
    Deno.unrefTimer(timer);
    this.#timer = timer;
  }

  #stopPolling(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const { monotonic, pollMs } = this.#options;
    if (this.#timer !== undefined && monotonic() - this.#polledAtMs >= pollMs) this.#poll();
  }

  #poll(): void {
    this.#polledAtMs = this.#options.monotonic();
    if (this.#options.isLost()) return;
    try {
      // SQLite changes data_version when another connection commits; reading it costs 5 µs.
      const dataVersion = this.#dataVersion();
      if (dataVersion === this.#seenDataVersion && !this.#isFailing) return;
      this.#tell();
      this.#seenDataVersion = dataVersion;
    } catch (error) {
      if (!isBusy(error)) this.#missed();
    }
  }

  #tell(): void {
    if (this.#counter("forgotten") > this.#seenVersion) {
      this.#seenVersion = this.#counter("revision");
      this.#watchers.tell({ kind: "reset" });
      return;
    }
    const rows = this.#options.statements.since.all(this.#seenVersion) as unknown as Row[];
    this.#isFailing = false;
    // Set before the listeners run: a listener may write, and that write delivers again.
    this.#seenVersion = rows.at(-1)?.version ?? this.#seenVersion;
    for (const row of rows) {
      this.#watchers.tell(
        row.value === null
          ? { kind: "delete", key: row.key }
          : { kind: "put", entry: entryOf(row) },
      );
    }
  }

  /** The store cannot be read, so what watchers learned from it may be out of date. */
  #missed(): void {
    if (!this.#isFailing) this.#watchers.tell({ kind: "reset" });
    this.#isFailing = true;
  }

  #dataVersion(): unknown {
    return this.#options.statements.dataVersion.get()?.data_version;
  }

  #counter(name: "revision" | "forgotten"): number {
    return Number(this.#options.statements.counter.get(name)?.value);
  }
}
