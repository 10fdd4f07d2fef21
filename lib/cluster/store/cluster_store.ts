/**
 * The store that the servers of a cluster share: a log of sealed batches, from which each server makes
 * the same entries. Reads are answered from memory; a write holds once it was read in the log.
 *
 * @module
 */

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
  VersionConflictError,
  type Watch,
} from "../../store/store.ts";
import { Watchers } from "../../store/watchers.ts";
import { type LoggedBatch, STORE_FORM } from "../fold/batch.ts";
import { SharedState, type Taken, type WrittenBatch } from "../fold/state.ts";
import { notYetUnderstood } from "../follow/forms.ts";
import { Participant } from "../follow/participant.ts";
import type { ParticipantOptions } from "../follow/participant_parts.ts";
import { readNewest } from "../follow/pieces.ts";
import type { SnapshotContent } from "../follow/snapshotter.ts";
import { encodeBody, FIRST_FORM } from "../log/body.ts";
import type { LogMessage } from "../log/log.ts";
import { type ClusterStoreFigures, Figures } from "./figures.ts";
import { Room } from "./room.ts";
import { linesOf, stateOf } from "./snapshot.ts";

/** How the store of a cluster is opened. */
export interface ClusterStoreOptions extends ParticipantOptions {
  /** Gives the actor of a change, for the audit. @default {nobody} */
  readonly actor?: (() => string) | undefined;
  /** Which form the steps of a write need. @default {the first for all} */
  readonly formOf?: ((operations: readonly Operation[]) => number) | undefined;
  /** How much memory V8 allows this program, in bytes. @default {what it says} */
  readonly heapBytes?: number | undefined;
  /** Records a change of this program before its write resolves. */
  readonly onWritten?: ((batch: WrittenBatch) => Promise<void> | void) | undefined;
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
  readonly #room: Room;
  readonly #watchers = new Watchers();
  readonly #participant: Participant<SharedState, Taken>;

  constructor(options: ClusterStoreOptions) {
    const { clock = systemClock, log, understands = STORE_FORM, heapBytes } = options;
    const room = this.#room = new Room(heapBytes);
    const empty = () => new SharedState(undefined, understands);
    const read = (lines: AsyncGenerator<string, boolean>) => stateOf(lines, understands, room);
    this.#options = options;
    this.#clock = clock;
    this.#participant = new Participant<SharedState, Taken>({ ...options, understands }, {
      kind: "store",
      state: empty(),
      read: async (opener) => await readNewest({ log, opener }, read) ?? empty(),
      onTaken: (taken, at) => this.#onTaken(taken, at),
      onReset: () => this.#watchers.tell({ kind: "reset" }),
      logOf: ({ log }) => log,
      isDue,
      bytesOf: ({ entries }) => entries.length,
      snapshot: contentOf,
    });
    const { own } = this.#participant;
    this.figures = new Figures({
      ...{ clock, own },
      state: () => this.#participant.state,
      form: () => this.#participant.form,
    });
  }

  start(): Promise<void> {
    return this.#participant.start();
  }

  // deno-lint-ignore require-await -- the interface's promise carries what is thrown
  async get(key: string): Promise<Entry | null> {
    this.#participant.checkFresh();
    return this.#participant.state.entries.at(key, this.#clock.now());
  }

  // deno-lint-ignore require-await -- the interface's promise carries what is thrown
  async list(prefix: string): Promise<Entry[]> {
    this.#participant.checkFresh();
    return this.#participant.state.entries.list(prefix, this.#clock.now());
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

  watch(prefix: string, listener: (change: Change) => void): Watch {
    this.#participant.checkOpen();
    return this.#watchers.add(prefix, listener, { look: () => this.#participant.look() });
  }

  compact(): void {
    this.#participant.compact();
  }

  async close(): Promise<void> {
    const closing = this.#participant.close(new DariError("unavailable", "The store is closed"));
    this.#watchers.clear();
    await closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #write(operations: readonly Operation[]): Promise<WrittenBatch> {
    this.#participant.checkFresh();
    checkOperations(operations);
    this.#room.checkWrite(this.#participant.state.entries, operations);
    const { actor, onWritten, formOf } = this.#options;
    const needed = formOf?.(operations) ?? FIRST_FORM;
    if (needed > this.#participant.form) throw notYetUnderstood();
    const form = needed === FIRST_FORM ? {} : { form: needed };
    const batch: LoggedBatch = {
      atMs: this.#clock.now(),
      by: actor?.() ?? "",
      operations,
      ...form,
    };
    const taken = await this.#participant.write(encodeBody(batch));
    if (taken.kind === "conflict") throw new VersionConflictError(taken.key);
    if (taken.kind !== "written") throw new DariError("internal", `A batch became a ${taken.kind}`);
    await onWritten?.(taken);
    return taken;
  }

  #onTaken(taken: Taken, at: LogMessage): void {
    this.figures.count(taken, at);
    if (taken.kind !== "written") return;
    for (const change of taken.changes) {
      this.#watchers.tell(change);
    }
  }
}

/** As the state grows, so does the log between two snapshots. */
function isDue({ log, entries }: SharedState, nowMs: number): boolean {
  const { messages, bytes } = log.since;
  if (
    messages < Math.max(limits.storeSnapshotMessages, entries.size) &&
    bytes < Math.max(limits.storeSnapshotBytes, entries.length)
  ) return false;
  return !log.isCutting(nowMs);
}

function contentOf(state: SharedState): SnapshotContent {
  const facts = state.facts();
  return {
    cut: facts.cut,
    lines: linesOf(facts, state.entries.all()),
    [Symbol.dispose]() {},
  };
}
