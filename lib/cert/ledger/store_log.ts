/**
 * The events of a ledger in a store: one entry an event, numbered from 1 without a gap.
 *
 * An event is put only where its number is free. So a writer that decided on an older list loses,
 * reads what came in between and decides again. One event is one key, which every form of the store can
 * put under a condition; several events are one batch.
 *
 * `#count` is the number of the last event that is part of `entries`. A number that is missing, or a
 * list that has become shorter, is damage: the missing event may be a revocation.
 *
 * @module
 */

import { delay } from "../../base/abort.ts";
import type { Clock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { reasonOf } from "../../base/file/files.ts";
import { limits } from "../../base/limits.ts";
import type { Change, Entry, PutOperation, Store, Watch } from "../../store/store.ts";
import type { AuthorityGuard } from "./authority_guard.ts";
import { LedgerEntries } from "./entries.ts";
import { type LedgerEvent, parseLedgerLine } from "./event.ts";
import type { EventLog, Follower } from "./event_log.ts";
import type { FileMove } from "./file_move.ts";
import { LazyStore, type StoreOpener } from "./lazy_store.ts";
import type { StoreFile } from "./store_file.ts";

const EVENTS = "ledger/event/";
const MOVED = "ledger/moved/";
const NUMBER_DIGITS = 10;

/** What a {@linkcode StoreLog} is made of. */
export interface StoreLogParts {
  /** The store, which stays its owner's to close; or how to open one, which the log closes. */
  readonly store: Store | StoreOpener;
  /** Moves over the file of a data directory that had one. */
  readonly move?: FileMove | undefined;
  /** The store's file, where it is in one. */
  readonly file?: StoreFile | undefined;
  /** Knows which authorities must be among the events. */
  readonly guard?: AuthorityGuard | undefined;
  /** What ages are measured with. */
  readonly clock: Clock;
}

/** The events in a store. */
export class StoreLog implements EventLog {
  readonly #parts: StoreLogParts;
  readonly #store: LazyStore;
  #entries = new LedgerEntries();
  #count = 0;
  /** The most events that were ever seen. */
  #most = 0;
  /** Whether the store may have lost events that were read, so that all must be read again. */
  #isStale = false;
  /** Why `entries` cannot be relied on; cleared by the next refresh that succeeds. */
  #failure: DariError | undefined;
  /** Since when it is not known whether `entries` is up to date. */
  #doubtSinceMs: number | undefined;
  /** The store's watch, while someone follows and there is a store. */
  #watch: Watch | undefined;
  #followers = 0;

  /**
   * Names the store; nothing is opened, read or made yet.
   *
   * @param parts The store, and what it takes over.
   */
  constructor(parts: StoreLogParts) {
    this.#parts = parts;
    this.#store = new LazyStore(parts.store);
  }

  get entries(): LedgerEntries {
    return this.#entries;
  }

  async refresh(): Promise<void> {
    try {
      const { file, move, guard } = this.#parts;
      await file?.check();
      const expected = guard?.expected() ?? [];
      await move?.run(this);
      await this.#catchUp();
      guard?.check(expected, this.#entries);
      if (this.#isStale) return; // news came in meanwhile, and with them a refresh of its own
      this.#failure = undefined;
      this.#doubtSinceMs = undefined;
    } catch (cause) {
      throw this.#fail(cause);
    }
  }

  append(decide: () => readonly LedgerEvent[]): Promise<void> {
    return this.#write(() => this.refresh(), decide);
  }

  async follow(): Promise<Follower> {
    this.#followers++;
    try {
      await this.refresh();
    } catch (error) {
      this.#unfollow();
      throw error;
    }
    const { clock } = this.#parts;
    let checkedMs = clock.monotonic();
    return {
      check: () => {
        this.#watch?.look();
        const nowMs = clock.monotonic();
        if (nowMs - checkedMs >= limits.revocationCheckMs) {
          checkedMs = nowMs;
          this.#refreshBehind();
        }
        if (this.#failure !== undefined) throw this.#failure;
        if (nowMs - (this.#doubtSinceMs ?? nowMs) < limits.maxRevocationAgeMs) return;
        throw new DariError("unavailable", "The store does not answer which events are new");
      },
      [Symbol.dispose]: () => this.#unfollow(),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#endWatch();
    await this.#store[Symbol.asyncDispose]();
  }

  /**
   * Whether the events of a file were moved here.
   *
   * @param digest The file's digest; any file when left out.
   */
  async hasMoved(digest?: string): Promise<boolean> {
    const store = await this.#store.open(false);
    if (store === null) return false;
    if (digest === undefined) return (await store.list(MOVED)).length > 0;
    return await store.get(MOVED + digest) !== null;
  }

  /**
   * Adds events of a file together with the mark that they were moved, in one batch.
   *
   * @param digest The file's digest.
   * @param choose Gives those of its events that are not here yet.
   */
  moveIn(digest: string, choose: () => readonly LedgerEvent[]): Promise<void> {
    const key = MOVED + digest;
    const mark = { kind: "put", key, value: "{}", survivesRestore: true } as const;
    return this.#write(() => this.#catchUp(), choose, mark);
  }

  async #write(
    read: () => Promise<void>,
    decide: () => readonly LedgerEvent[],
    ...more: readonly PutOperation[]
  ): Promise<void> {
    for (let attempt = 0; attempt < limits.maxStoreUpdateAttempts; attempt++) {
      await read();
      const first = this.#count + 1;
      const puts = decide().map((event, i): PutOperation => ({
        kind: "put",
        key: keyOf(first + i),
        value: JSON.stringify(event),
        ifVersion: 0,
        survivesRestore: true,
      }));
      if (puts.length + more.length === 0) return;
      const store = await this.#store.open(true);
      try {
        await store!.batch([...puts, ...more]);
        return await this.#catchUp();
      } catch (error) {
        if (!(error instanceof DariError && error.code === "failed_precondition")) throw error;
      }
      // Another writer was faster; a random pause keeps two from meeting again and again.
      await delay(Math.random() * limits.maxLedgerRetryPauseMs);
    }
    throw new DariError("unavailable", "Too many write to the ledger at once; try again");
  }

  async #catchUp(): Promise<void> {
    const store = await this.#store.open(false);
    if (store === null) return;
    if (this.#count === 0 || this.#isStale) await this.#load(store);
    for (;;) {
      const entry = await store.get(keyOf(this.#count + 1));
      if (entry === null) break;
      this.#take(entry);
    }
    if (this.#followers > 0) await this.#startWatch();
  }

  async #load(store: Store): Promise<void> {
    const wasStale = this.#isStale;
    const listed = await store.list(EVENTS);
    // The watch may have brought more in the meantime.
    if (!wasStale && listed.length <= this.#count) return;
    const entries = new LedgerEntries();
    for (const [i, entry] of listed.entries()) {
      if (entry.key !== keyOf(i + 1)) throw missing(i + 1);
      applyTo(entries, entry);
    }
    if (listed.length < this.#most) throw missing(listed.length + 1);
    this.#entries = entries;
    this.#count = this.#most = listed.length;
    this.#isStale = false;
  }

  /** Takes in an event, where it is the next one; one that is known already comes by the watch. */
  #take(entry: Entry): void {
    if (entry.key !== keyOf(this.#count + 1)) return;
    applyTo(this.#entries, entry);
    this.#count++;
    this.#most = Math.max(this.#most, this.#count);
  }

  async #startWatch(): Promise<void> {
    if (this.#watch !== undefined) return;
    const store = await this.#store.open(false);
    if (store === null || this.#watch !== undefined || this.#followers === 0) return;
    this.#watch = store.watch(EVENTS, (change) => this.#hear(change));
    // What was written since the last look came before the watch.
    await this.#catchUp();
  }

  #unfollow(): void {
    if (--this.#followers === 0) this.#endWatch();
  }

  #endWatch(): void {
    this.#watch?.[Symbol.dispose]();
    this.#watch = undefined;
  }

  #hear(change: Change): void {
    if (change.kind === "put" && !this.#isStale) {
      try {
        const before = this.#count;
        this.#take(change.entry);
        if (this.#count > before || change.entry.key <= keyOf(before)) return;
      } catch (cause) {
        this.#fail(cause);
      }
    } else {
      this.#isStale = true;
    }
    this.#refreshBehind();
  }

  /** Refreshes while others go on; what comes of it is seen by the next check. */
  #refreshBehind(): void {
    this.#doubtSinceMs ??= this.#parts.clock.monotonic();
    this.refresh().catch(() => {});
  }

  #fail(cause: unknown): DariError {
    this.#isStale = true;
    this.#failure = cause instanceof DariError
      ? cause
      : new DariError("io", `Cannot use the ledger in the store: ${reasonOf(cause)}`, { cause });
    return this.#failure;
  }
}

function keyOf(number: number): string {
  return EVENTS + String(number).padStart(NUMBER_DIGITS, "0");
}

function applyTo(entries: LedgerEntries, { key, value }: Entry): void {
  try {
    entries.apply(parseLedgerLine(value));
  } catch (cause) {
    throw new DariError(
      "data",
      `Event ${Number(key.slice(EVENTS.length))} of the ledger in the store cannot be used: ` +
        `${reasonOf(cause)}; restore the store from a backup`,
      { cause },
    );
  }
}

function missing(number: number): DariError {
  return new DariError(
    "data",
    `Event ${number} of the ledger in the store is missing; restore the store from a backup`,
  );
}
