/**
 * The store that the servers of a cluster share: a log of sealed batches, from which each server makes
 * the same entries. Reads are answered from memory; a write holds once it was read in the log.
 *
 * @module
 */

import { delay } from "../../base/abort.ts";
import { type Clock, systemClock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import {
  type Change,
  checkOperations,
  type DeleteOptions,
  type Entry,
  type Operation,
  type PutOptions,
  type Store,
  VersionConflict,
} from "../../store/store.ts";
import { Watchers } from "../../store/watchers.ts";
import type { RecordKey } from "../record_key.ts";
import { encodeBody } from "../fold/batch.ts";
import { Follower } from "./follower.ts";
import type { LogMessage, SharedLog } from "../log/log.ts";
import { OwnMessages } from "./own_messages.ts";
import { MessageOpener, MessageSeal, type OpenedMessage } from "../fold/seal.ts";
import { Snapshotter } from "./snapshotter.ts";
import { type ClusterStoreFigures, Figures } from "./figures.ts";
import type { Taken, WrittenBatch } from "../fold/state.ts";

/** How the store of a cluster is opened. */
export interface ClusterStoreOptions {
  /** The log that the servers share. */
  readonly log: SharedLog;
  /** The record key. */
  readonly key: RecordKey;
  /** The name of the service. */
  readonly service: string;
  /** Who makes changes, for the audit. @default {nobody} */
  readonly actor?: (() => string) | undefined;
  /** How long opening it may take, in milliseconds. @default {30_000} */
  readonly timeoutMs?: number | undefined;
  /** How old what is known may be, in milliseconds. @default {10_000} */
  readonly maxStalenessMs?: number | undefined;
  /** Where the time comes from. @default {systemClock} */
  readonly clock?: Clock | undefined;
  /** A number from 0 to 1. @default {Math.random} */
  readonly random?: (() => number) | undefined;
  /** Records a change of this program before its write resolves. */
  readonly onWritten?: ((batch: WrittenBatch) => Promise<void> | void) | undefined;
  /** Hears that the store serves nothing any more, and why. */
  readonly onLost?: ((error: DariError) => void) | undefined;
}

/** A store that servers share, with its figures. */
export interface ClusterStore extends Store {
  /** Its figures. */
  readonly figures: ClusterStoreFigures;
  /**
   * Has a snapshot made, for instance after many entries were written at once.
   */
  compact(): void;
}

/**
 * Opens the store.
 *
 * @param options The log, and the key of what is in it.
 * @returns The store, once it has read all that was written before.
 * @throws {DariError} `unavailable` when the log cannot be read or written, `configuration` when a newer
 * dari writes to it.
 */
export async function openClusterStore(options: ClusterStoreOptions): Promise<ClusterStore> {
  const store = new LogStore(options);
  try {
    await store.start();
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

class LogStore implements ClusterStore {
  readonly figures: Figures;
  readonly #options: ClusterStoreOptions;
  readonly #clock: Clock;
  readonly #watchers = new Watchers();
  readonly #own: OwnMessages;
  readonly #follower: Follower;
  readonly #snapshotter: Snapshotter;
  readonly #writer: string;
  #timer: ReturnType<typeof setInterval> | undefined;
  /** Why nothing is served any more. */
  #ended: DariError | undefined;
  /** Whether watchers were told that changes may be missed. */
  #isStale = true;
  #followedAtMs = -Infinity;

  constructor(options: ClusterStoreOptions) {
    const { log, clock = systemClock, random } = options;
    const seal = new MessageSeal(options);
    this.#options = options;
    this.#clock = clock;
    this.#writer = seal.writer;
    this.#own = new OwnMessages({ log, seal, clock, after: () => this.#follower.state.sequence });
    this.figures = new Figures({ clock, own: this.#own, state: () => this.#follower.state });
    this.#snapshotter = new Snapshotter({ log, seal, own: this.#own, random });
    this.#follower = new Follower({
      log,
      opener: new MessageOpener(options),
      onTaken: (taken, message, at) => this.#onTaken(taken, message, at),
      onGap: () => this.#own.stale(),
      onReread: () => this.#onReread(),
      onEnd: (error) => this.#end(error),
    });
  }

  async start(): Promise<void> {
    const { timeoutMs = limits.storeOpenTimeoutMs } = this.#options;
    const endsAtMs = this.#clock.monotonic() + timeoutMs;
    await this.#untilAvailable(endsAtMs, () => this.#follower.start());
    this.#followedAtMs = this.#clock.monotonic();
    this.#timer = setInterval(() => this.#tick(), limits.storeTickMs);
    Deno.unrefTimer(this.#timer);
    await this.#untilAvailable(endsAtMs, () => this.#own.send("beat"));
    this.#isStale = false;
  }

  /** While a leader of the log is elected nothing can be read or written. */
  async #untilAvailable(endsAtMs: number, work: () => Promise<unknown>): Promise<void> {
    while (true) {
      try {
        return void await work();
      } catch (error) {
        const isPassing = error instanceof DariError && error.code === "unavailable" &&
          this.#ended === undefined;
        if (!isPassing || this.#clock.monotonic() >= endsAtMs) throw error;
      }
      await delay(limits.storeTickMs);
    }
  }

  // deno-lint-ignore require-await -- the interface's promise carries what is thrown
  async get(key: string): Promise<Entry | null> {
    this.#checkFresh();
    return this.#follower.state.entries.at(key, this.#clock.now());
  }

  // deno-lint-ignore require-await -- the interface's promise carries what is thrown
  async list(prefix: string): Promise<Entry[]> {
    this.#checkFresh();
    return this.#follower.state.entries.list(prefix, this.#clock.now());
  }

  put(key: string, value: string, options: PutOptions = {}): Promise<number> {
    return this.batch([{ kind: "put", key, value, ...options }]);
  }

  async delete(key: string, options: DeleteOptions = {}): Promise<boolean> {
    return (await this.#write([{ kind: "delete", key, ...options }])).removed > 0;
  }

  async batch(operations: readonly Operation[]): Promise<number> {
    return (await this.#write(operations)).version;
  }

  watch(prefix: string, listener: (change: Change) => void): Disposable {
    this.#checkOpen();
    return this.#watchers.add(prefix, listener);
  }

  compact(): void {
    this.#snapshotter.announce();
  }

  close(): Promise<void> {
    this.#stop(new DariError("unavailable", "The store is closed"));
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #write(operations: readonly Operation[]): Promise<WrittenBatch> {
    this.#checkFresh();
    checkOperations(operations);
    const { actor, onWritten } = this.#options;
    const batch = { atMs: this.#clock.now(), by: actor?.() ?? "", operations };
    const taken = await this.#own.write(encodeBody(batch));
    if (taken.kind === "conflict") throw new VersionConflict(taken.key);
    if (taken.kind !== "written") throw new DariError("internal", `A batch became a ${taken.kind}`);
    await onWritten?.(taken);
    return taken;
  }

  #onTaken(taken: Taken, message: OpenedMessage | undefined, at: LogMessage): void {
    this.figures.count(taken, at);
    if (taken.kind === "written") {
      for (const change of taken.changes) {
        this.#watchers.tell(change);
      }
    }
    if (message?.writer !== this.#writer || taken.kind === "passed") return;
    if (taken.kind === "cut" && taken.isTaken) this.#snapshotter.make(this.#follower.state);
    this.#own.taken(message.count, taken);
  }

  #onReread(): void {
    this.#own.forget(this.#follower.state.countOf(this.#writer));
    this.#watchers.tell({ kind: "reset" });
    this.#beat();
  }

  #tick(): void {
    const now = this.#clock.monotonic();
    this.#own.tick();
    if (this.#isTooOld() !== this.#isStale) {
      this.#isStale = !this.#isStale;
      if (this.#isStale) this.#watchers.tell({ kind: "reset" });
    }
    if (now - this.#own.lastSentAtMs >= limits.storeBeatMs) this.#beat();
    const silentMs = now - Math.max(this.#own.oldestAtMs, this.#followedAtMs);
    if (silentMs >= limits.storeFollowAgainMs) {
      this.#followedAtMs = now;
      this.#follower.again();
    }
    if (!this.#isStale) this.#snapshotter.tick(this.#follower.state, this.#clock.now());
  }

  #beat(): void {
    this.#own.send("beat").catch(() => {}); // what it tells is how old the state is
  }

  #isTooOld(): boolean {
    const { maxStalenessMs = limits.maxStoreStalenessMs } = this.#options;
    return !this.#follower.isWhole ||
      this.#clock.monotonic() - this.#own.freshAtMs > maxStalenessMs;
  }

  /** What the state says decides about rights, so an old one says nothing. */
  #checkFresh(): void {
    this.#checkOpen();
    if (!this.#isTooOld()) return;
    throw new DariError(
      "unavailable",
      "The cluster's store cannot be reached: too few NATS servers are up, or this one is cut off",
      { retryAfterMs: limits.storeRetryAfterMs },
    );
  }

  #checkOpen(): void {
    if (this.#ended !== undefined) throw this.#ended;
  }

  /** A newer dari writes to the log: nothing that it says may be guessed at. */
  #end(error: DariError): void {
    this.#stop(error, () => this.#watchers.tell({ kind: "reset" }));
    this.#options.onLost?.(error);
  }

  #stop(error: DariError, before = () => {}): void {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    clearInterval(this.#timer);
    this.#follower[Symbol.dispose]();
    this.#own.end(error);
    before();
    this.#watchers.clear();
  }
}
