/**
 * The store in memory, for tests and for programs that keep nothing when they end.
 *
 * @module
 */

import { type Clock, systemClock } from "../base/clock.ts";
import { DariError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import {
  type Change,
  checkOperations,
  checkVersions,
  type DeleteOptions,
  type Entry,
  type Operation,
  type PutOptions,
  type Store,
  type Watch,
} from "./store.ts";
import { Watchers } from "./watchers.ts";

/**
 * Makes an empty store in memory.
 *
 * @param options The clock that expiry follows; the machine's by default.
 * @returns The store.
 *
 * @example
 * ```ts
 * import { createMemoryStore } from "@dari/dari/store";
 * import { assertEquals } from "@std/assert";
 *
 * await using store = createMemoryStore();
 * await store.put("greeting", "hello");
 * assertEquals((await store.get("greeting"))?.value, "hello");
 * ```
 */
export function createMemoryStore(options: { clock?: Clock } = {}): Store {
  return new MemoryStore(options.clock ?? systemClock);
}

/**
 * An entry past its expiry stays in `#entries` until its key is read, or until `#sweep` comes by.
 */
class MemoryStore implements Store {
  readonly #entries = new Map<string, Entry>();
  /** Where the sweep goes on; an iterator of a Map follows its changes. */
  #sweeping = this.#entries.values();
  readonly #watchers = new Watchers();
  readonly #clock: Clock;
  /** The version of the last change. */
  #version = 0;
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  // deno-lint-ignore require-await -- the interface's promise carries what is thrown
  async get(key: string): Promise<Entry | null> {
    this.#checkOpen();
    return this.#live(key);
  }

  put(key: string, value: string, options: PutOptions = {}): Promise<number> {
    return this.batch([{ kind: "put", key, value, ...options }]);
  }

  async delete(key: string, options: DeleteOptions = {}): Promise<boolean> {
    this.#checkOpen();
    const existed = this.#live(key) !== null;
    await this.batch([{ kind: "delete", key, ...options }]);
    return existed;
  }

  // deno-lint-ignore require-await -- the interface's promise carries what is thrown
  async list(prefix: string): Promise<Entry[]> {
    this.#checkOpen();
    return [...this.#entries.keys()].filter((key) => key.startsWith(prefix)).sort()
      .flatMap((key) => this.#live(key) ?? []);
  }

  // deno-lint-ignore require-await -- the interface's promise carries what is thrown
  async batch(operations: readonly Operation[]): Promise<number> {
    this.#checkOpen();
    checkOperations(operations);
    checkVersions(operations, (key) => this.#live(key));
    for (const _ of operations) this.#sweep();
    const version = ++this.#version;
    for (const change of applyOperations(this.#entries, operations, version)) {
      this.#watchers.tell(change);
    }
    return version;
  }

  watch(prefix: string, listener: (change: Change) => void): Watch {
    this.#checkOpen();
    return this.#watchers.add(prefix, listener);
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#watchers.clear();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Looks at the next few entries, so that no write takes long, and each entry has its turn. */
  #sweep(): void {
    const now = this.#clock.now();
    for (let looked = 0; looked < limits.storeSweepEntries; looked++) {
      const { value: entry, done } = this.#sweeping.next();
      if (done === true) {
        this.#sweeping = this.#entries.values();
        return;
      }
      if (isOver(entry, now)) this.#entries.delete(entry.key);
    }
  }

  #live(key: string): Entry | null {
    const entry = this.#entries.get(key);
    if (entry === undefined) return null;
    if (isOver(entry, this.#clock.now())) {
      this.#entries.delete(key);
      return null;
    }
    return entry;
  }

  #checkOpen(): void {
    if (this.#closed) throw new DariError("unavailable", "The store is closed");
  }
}

/**
 * Carries out the steps of a batch on entries in memory.
 *
 * @param entries The entries by their keys.
 * @param operations The steps, checked.
 * @param version The version that what they write gets.
 * @returns What changed, in order.
 */
export function applyOperations(
  entries: Map<string, Entry>,
  operations: readonly Operation[],
  version: number,
): Change[] {
  return operations.flatMap((operation): Change[] => {
    const { key } = operation;
    if (operation.kind === "delete") return entries.delete(key) ? [{ kind: "delete", key }] : [];
    const { value, expiresAtMs } = operation;
    const entry = { key, value, version, ...(expiresAtMs === undefined ? {} : { expiresAtMs }) };
    entries.set(key, entry);
    return [{ kind: "put", entry }];
  });
}

function isOver({ expiresAtMs }: Entry, now: number): boolean {
  return expiresAtMs !== undefined && expiresAtMs <= now;
}
