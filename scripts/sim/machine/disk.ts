/**
 * A disk that several servers share, as they share a SQLite file: commits one after another, each
 * durable once it is acknowledged.
 *
 * @module
 */

import { DariError } from "../../../lib/base/errors.ts";
import { applyOperations } from "../../../lib/store/memory.ts";
import {
  type Change,
  checkOperations,
  checkVersions,
  type DeleteOptions,
  type EntriesInside,
  type Entry,
  type Operation,
  type PutOptions,
  type SqliteStore,
  type Watch,
} from "../../../lib/store/store.ts";
import { Watchers } from "../../../lib/store/watchers.ts";
import type { Sql } from "../../../lib/store/tables/sql.ts";
import type { Random } from "../time/random.ts";
import type { Program, Timeline } from "../time/timeline.ts";
import { Tables } from "./tables.ts";

/** How a disk behaves; faults change it. */
export interface DiskConditions {
  /** What a commit takes, in milliseconds, at least and at most. */
  commitMs: readonly [number, number];
  /** Why nothing can be written, as the system's code; `undefined` while it can. */
  fault: "ENOSPC" | "EIO" | undefined;
}

/** How long a commit takes while nothing is wrong, in milliseconds. */
const COMMIT_MS = [1, 3] as const;
/** The longest time after which another program hears of a change, in milliseconds. */
const NEWS_MS = 1_000;

/** What is on the disk. */
export class Disk implements Disposable {
  readonly conditions: DiskConditions = {
    commitMs: COMMIT_MS,
    fault: undefined,
  };
  readonly time: Timeline;
  readonly random: Random;
  /** The time of day, which expiry follows. */
  readonly wall: () => number;
  readonly stores = new Set<SimulatedStore>();
  #tables: Tables | undefined;
  #entries = new Map<string, Entry>();
  #version = 0;
  /** When the commits that were begun are done. */
  #busyUntil = 0;

  /**
   * @param time When things happen.
   * @param random How long they take.
   * @param wall The time of day.
   * @param content What another disk has: this one begins as its copy.
   */
  constructor(time: Timeline, random: Random, wall: () => number, content?: Disk) {
    this.time = time;
    this.random = random;
    this.wall = wall;
    if (content === undefined) return;
    this.#entries = new Map(content.#entries);
    this.#version = content.#version;
  }

  /** What stands beside the entries; it is empty at first, also where there is content. */
  get tables(): Tables {
    return this.#tables ??= new Tables();
  }

  /** Nothing is wrong with it any more. */
  heal(): void {
    this.conditions.commitMs = COMMIT_MS;
    this.conditions.fault = undefined;
    this.#busyUntil = 0;
  }

  /** Opens it for a program. */
  open(program: Program): SqliteStore {
    const store = new SimulatedStore(this, program);
    this.stores.add(store);
    return store;
  }

  /** Ends what is open of it. */
  [Symbol.dispose](): void {
    this.#tables?.[Symbol.dispose]();
  }

  /** An entry that has not expired. */
  entry(key: string): Entry | null {
    const entry = this.#entries.get(key);
    if ((entry?.expiresAtMs ?? Infinity) > this.wall()) return entry ?? null;
    this.#entries.delete(key);
    return null;
  }

  /** The keys with a prefix, in order. */
  keys(prefix: string): string[] {
    return [...this.#entries.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  /** Takes the next turn to commit; gives how long it takes until it is done, in milliseconds. */
  turn(): number {
    const now = this.time.now();
    const [least, most] = this.conditions.commitMs;
    this.#busyUntil = Math.max(now, this.#busyUntil) + this.random.whole(least, most);
    return this.#busyUntil - now;
  }

  /** Changes tables, and entries with them. */
  transact<T>(work: (sql: Sql, entries: EntriesInside) => T, by: SimulatedStore): T {
    const { fault } = this.conditions;
    const staged = new Map<string, Operation>();
    const version = this.#version + 1;
    const entries: EntriesInside = {
      version,
      get: (key) => {
        const step = staged.get(key);
        if (step === undefined) return this.entry(key);
        return step.kind === "put" ? { key, value: step.value, version } : null;
      },
      batch(operations) {
        for (const operation of operations) staged.set(operation.key, operation);
      },
      sweep() {}, // entries are removed as they are read
      at: () => entries,
    };
    return this.tables.transact((sql) => {
      const result = work(sql, entries);
      if (fault !== undefined) throw cannotWrite(fault);
      if (staged.size > 0) this.commit([...staged.values()], by);
      return result;
    });
  }

  /** Carries out the steps, or none of them. */
  commit(operations: readonly Operation[], by: SimulatedStore): number {
    const { fault } = this.conditions;
    if (fault !== undefined) throw cannotWrite(fault);
    checkVersions(operations, (key) => this.entry(key));
    const version = ++this.#version;
    const changes = applyOperations(this.#entries, operations, version);
    for (const store of this.stores) store.hear(changes, store === by);
    return version;
  }
}

/** The disk as one program has it open. */
export class SimulatedStore implements SqliteStore {
  readonly #disk: Disk;
  readonly program: Program;
  readonly #watchers = new Watchers();
  /** What other programs changed and this one has not heard of. */
  #news: Change[] = [];
  /** When it hears of them, unless it stands still then. */
  #hearsAt = 0;
  #isClosed = false;

  /**
   * @param disk The disk.
   * @param program Who has it open.
   */
  constructor(disk: Disk, program: Program) {
    this.#disk = disk;
    this.program = program;
  }

  /** How many watches have not ended. */
  get watches(): number {
    return this.#watchers.size;
  }

  // deno-lint-ignore require-await -- the interface's promise carries what is thrown
  async get(key: string): Promise<Entry | null> {
    this.#checkOpen();
    return this.#disk.entry(key);
  }

  put(key: string, value: string, options: PutOptions = {}): Promise<number> {
    return this.batch([{ kind: "put", key, value, ...options }]);
  }

  async delete(key: string, options: DeleteOptions = {}): Promise<boolean> {
    let existed = false;
    await this.#write([{ kind: "delete", key, ...options }], () => {
      existed = this.#disk.entry(key) !== null;
    });
    return existed;
  }

  // deno-lint-ignore require-await -- the interface's promise carries what is thrown
  async list(prefix: string): Promise<Entry[]> {
    this.#checkOpen();
    return this.#disk.keys(prefix).flatMap((key) => this.#disk.entry(key) ?? []);
  }

  batch(operations: readonly Operation[]): Promise<number> {
    return this.#write(operations, () => {});
  }

  // deno-lint-ignore require-await -- the interface's promise carries what is thrown
  async transact<T>(work: (sql: Sql, entries: EntriesInside) => T): Promise<T> {
    this.#checkOpen();
    return this.#commit("tables", () => this.#disk.transact(work, this));
  }

  async sync(): Promise<void> {}

  // deno-lint-ignore require-await -- the interface's promise carries what is thrown
  async query<T>(work: (sql: Sql) => T): Promise<T> {
    this.#checkOpen();
    return work(this.#disk.tables.sql);
  }

  watch(prefix: string, listener: (change: Change) => void): Watch {
    this.#checkOpen();
    return this.#watchers.add(prefix, listener, {
      look: () => {
        if (this.#disk.time.now() >= this.#hearsAt) this.#tell(this.#news.splice(0));
      },
    });
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#watchers.clear();
    this.#disk.stores.delete(this);
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What changed on the disk: at once where this program did it, else a while later. */
  hear(changes: readonly Change[], isOwn: boolean): void {
    if (isOwn) return this.#tell(changes);
    if (this.#news.length === 0) {
      const { time, random } = this.#disk;
      const inMs = random.whole(1, NEWS_MS);
      this.#hearsAt = time.now() + inMs;
      time.after(inMs, "hears of changes", () => {
        this.#tell(this.#news.splice(0));
      }, this.program);
    }
    this.#news.push(...changes);
  }

  #tell(changes: readonly Change[]): void {
    for (const change of changes) this.#watchers.tell(change);
  }

  async #write(operations: readonly Operation[], before: () => void): Promise<number> {
    this.#checkOpen();
    checkOperations(operations);
    const keys = operations.map(({ key }) => key.slice(0, 24)).join();
    const written = this.#commit(keys, () => {
      before();
      return this.#disk.commit(operations, this);
    });
    return await written;
  }

  /** A program that dies before the commit has written nothing, and behind it everything. */
  #commit<T>(what: string, write: () => T): Promise<T> {
    const { time } = this.#disk;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    time.after(this.#disk.turn(), `commits ${what}`, () => {
      try {
        this.#checkOpen();
        const result = write();
        time.after(0, `committed ${what}`, () => resolve(result), this.program);
      } catch (error) {
        reject(error);
      }
    }, this.program);
    return promise;
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new DariError("unavailable", "The store is closed");
  }
}

function cannotWrite(code: string): DariError {
  const cause = Object.assign(new Error(code), { code });
  return new DariError("io", `Cannot use store "disk": ${code}`, { cause });
}
