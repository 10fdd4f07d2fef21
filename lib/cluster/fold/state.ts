/**
 * What all servers make of the shared log, each by itself and all the same: accounts, sessions and
 * whatever else goes through the store. Nothing here depends on the server, its clock or chance.
 *
 * @module
 */

import type { Change, Entry, Operation } from "../../store/store.ts";
import { type LogFacts, LogState, type TakenBeside } from "../log/log_state.ts";
import type { Bytes, OpenedMessage } from "../log/seal.ts";
import { FIRST_FORM, newerWriter } from "../log/body.ts";
import { decodeBatch, type LoggedBatch, STORE_FORM } from "./batch.ts";
import { Entries } from "./entries.ts";

/** A batch that holds. */
export interface WrittenBatch {
  readonly kind: "written";
  /** The version that its entries have. */
  readonly version: number;
  /** How many of its removals found an entry. */
  readonly removed: number;
  /** What changed, in order. */
  readonly changes: readonly Change[];
  /** The batch. */
  readonly batch: LoggedBatch;
  /** What was stored under its keys before it. */
  readonly before: ReadonlyMap<string, Entry>;
}

/** What became of a message. */
export type Taken =
  | TakenBeside
  | WrittenBatch
  /** A batch that does not hold: a key had another version than it expected. */
  | { readonly kind: "conflict"; readonly key: string };

/** What a snapshot has beside the entries. */
export interface StateFacts extends LogFacts {
  /** Until when entries that had ended were removed, in slices of time. */
  readonly swept: number;
  /** The newest form of a batch that is in the state. @default {1} */
  readonly form?: number | undefined;
}

/** The state after some message of the log. */
export class SharedState {
  /** The log as far as it was read. */
  readonly log: LogState;
  #entries: Entries;
  readonly #understands: number;
  /** The newest form of a batch that was taken. */
  #form: number;

  /**
   * @param facts What a snapshot says beside its entries, which come then; nothing by default.
   * @param understands Up to which form batches are understood.
   * @throws {DariError} `configuration` for a snapshot with a newer form.
   */
  constructor(
    facts?: StateFacts,
    understands: number = STORE_FORM,
  ) {
    const { form = FIRST_FORM } = facts ?? {};
    if (form > understands) throw newerWriter();
    this.#understands = understands;
    this.#form = form;
    this.log = new LogState(facts);
    this.#entries = new Entries(facts?.swept);
  }

  /** What is stored. */
  get entries(): Entries {
    return this.#entries;
  }

  /** The last message that was looked at. */
  get sequence(): number {
    return this.log.sequence;
  }

  /**
   * What a snapshot of this moment has beside the entries, right after its `cut` was taken.
   */
  facts(): StateFacts {
    const form = this.#form === FIRST_FORM ? {} : { form: this.#form };
    return { ...this.log.facts(), swept: this.entries.swept, ...form };
  }

  /** Gives up the entries; its place in the log stays. */
  clear(): void {
    this.#entries = new Entries(this.#entries.swept);
  }

  /**
   * Takes a message of the log.
   *
   * @param message What the seal gave; `undefined` for what no server wrote.
   * @param sequence Its number in the log.
   * @param atMs When the log got it, in milliseconds since the epoch.
   * @returns What became of it.
   */
  take(message: OpenedMessage | undefined, sequence: number, atMs: number): Taken {
    const taken = this.log.take(message, sequence, atMs);
    return taken.kind === "body" ? this.#takeBatch(taken.body, atMs) : taken;
  }

  #takeBatch(body: Bytes, atMs: number): Taken {
    const batch = decodeBatch(body, this.#understands);
    if (batch === undefined) return { kind: "newer" };
    this.#form = Math.max(this.#form, batch.form ?? FIRST_FORM);
    const { operations, atMs: writtenAtMs } = batch;
    const live = (key: string) => this.entries.at(key, writtenAtMs);
    // Both clocks have to agree that an entry is over, so that none alone can remove what holds.
    this.entries.sweep(Math.min(writtenAtMs, atMs));
    const conflict = conflictOf(operations, live);
    if (conflict !== undefined) return { kind: "conflict", key: conflict };
    const before = new Map(operations.flatMap(({ key }) => {
      const entry = live(key);
      return entry === null ? [] : [[key, entry] as const];
    }));
    const removed =
      operations.filter(({ kind, key }) => kind === "delete" && before.has(key)).length;
    const version = this.sequence;
    const changes = this.entries.apply(operations, version);
    return { kind: "written", version, removed, changes, batch, before };
  }
}

/** The first key that has another version than a step expects. */
function conflictOf(
  operations: readonly Operation[],
  live: (key: string) => Entry | null,
): string | undefined {
  return operations.find(({ key, ifVersion }) =>
    ifVersion !== undefined && ifVersion !== (live(key)?.version ?? 0)
  )?.key;
}
