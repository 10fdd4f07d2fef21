/**
 * What all servers make of the shared log, each by itself and all the same: accounts, sessions and
 * whatever else goes through the store. Nothing here depends on the server, its clock or chance.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type { Change, Entry, Operation } from "../../store/store.ts";
import { decodeBatch, decodeMark, type LoggedBatch, type SnapshotMark } from "./batch.ts";
import { Entries } from "./entries.ts";
import { Parts } from "./parts.ts";
import type { OpenedMessage } from "./seal.ts";

/** Why a message was passed over: no server wrote it, it came before, or it is far too old. */
export type PassedReason = "forged" | "repeated" | "late";

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
  | WrittenBatch
  /** A batch that does not hold: a key had another version than it expected. */
  | { readonly kind: "conflict"; readonly key: string }
  /** A batch that does not hold, since parts of it are missing. */
  | { readonly kind: "broken" }
  | { readonly kind: "part" | "beat" }
  /** Whether a snapshot of this moment is to be made. */
  | { readonly kind: "cut"; readonly isTaken: boolean }
  /** A snapshot is whole; messages up to that of the one before it are no longer needed. */
  | { readonly kind: "mark"; readonly obsolete: number }
  | { readonly kind: "passed"; readonly reason: PassedReason }
  /** Messages before this one are missing: the state must be read anew from a snapshot. */
  | { readonly kind: "gap" }
  /** A newer dari wrote it: what follows would be misunderstood. */
  | { readonly kind: "newer" };

/** A moment of which a snapshot is made. */
export interface Cut {
  /** The number of its message in the log. */
  readonly sequence: number;
  /** Who makes the snapshot. */
  readonly writer: string;
  /** When, by the log. */
  readonly atMs: number;
  /** How many messages had been taken. */
  readonly taken: number;
}

/** The last message of a writer. */
interface WriterPlace {
  /** Its count. */
  readonly count: number;
  /** Its number in the log. */
  readonly sequence: number;
}

/** What a snapshot has beside the entries. */
export interface StateFacts {
  /** The moment of the snapshot. */
  readonly cut: Cut;
  /** The moment of the snapshot before it; 0 for the first. */
  readonly obsolete: number;
  /** Until when entries that had ended were removed, in slices of time. */
  readonly swept: number;
  /** The last message of each writer: its count, and its number in the log. */
  readonly writers: readonly (readonly [writer: string, count: number, sequence: number])[];
}

/** The state after some message of the log. */
export class SharedState {
  readonly entries: Entries;
  /** Messages of writers, so that none is taken twice. */
  readonly #writers = new Map<string, WriterPlace>();
  readonly #parts = new Parts();
  #sequence = 0;
  #taken = 0;
  /** The last moment of which a snapshot is made. */
  #cut: Cut | undefined;
  /** The moment of the last snapshot that is whole; 0 before the first. */
  #whole = 0;
  /** Messages taken, and their bytes, since the last cut. */
  #since = { messages: 0, bytes: 0 };

  /**
   * @param snapshot What the state begins with; nothing by default.
   */
  constructor(snapshot?: { readonly facts: StateFacts; readonly entries: Iterable<Entry> }) {
    this.entries = new Entries(snapshot?.facts.swept);
    if (snapshot === undefined) return;
    const { facts: { cut, obsolete, writers }, entries } = snapshot;
    for (const entry of entries) this.entries.put(entry);
    for (const [writer, count, sequence] of writers) this.#writers.set(writer, { count, sequence });
    this.#sequence = cut.sequence;
    this.#taken = cut.taken;
    this.#cut = cut;
    this.#whole = obsolete;
  }

  /** The last message that was looked at. */
  get sequence(): number {
    return this.#sequence;
  }

  /** How many messages have been taken. */
  get taken(): number {
    return this.#taken;
  }

  /** What came since the last cut. */
  get since(): { readonly messages: number; readonly bytes: number } {
    return this.#since;
  }

  /**
   * Whether a snapshot is under way, or was a moment ago.
   *
   * @param atMs The time, by the log.
   */
  isCutting(atMs: number): boolean {
    const cut = this.#cut;
    return cut !== undefined && this.#whole !== cut.sequence &&
      atMs - cut.atMs < limits.storeSnapshotTimeoutMs;
  }

  /**
   * The count of a writer's last message; 0 for one that is not known.
   *
   * @param writer The writer.
   */
  countOf(writer: string): number {
    return this.#writers.get(writer)?.count ?? 0;
  }

  /**
   * What a snapshot of this moment has beside the entries, right after its `cut` was taken.
   */
  facts(): StateFacts {
    const { sequence = 0, writer = "", atMs = 0, taken = 0 } = this.#cut ?? {};
    return {
      cut: { sequence, writer, atMs, taken },
      obsolete: this.#whole,
      swept: this.entries.swept,
      writers: [...this.#writers].map(([name, place]) => [name, place.count, place.sequence]),
    };
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
    this.#sequence = sequence;
    if (message === undefined) return { kind: "passed", reason: "forged" };
    const { writer, count, after } = message;
    if (count <= this.countOf(writer)) return { kind: "passed", reason: "repeated" };
    if (after >= sequence || sequence - after > limits.storeReplayMessages) {
      return { kind: "passed", reason: "late" };
    }
    this.#writers.set(writer, { count, sequence });
    this.#taken++;
    this.#since.messages++;
    this.#since.bytes += message.body.length;
    return this.#takeKind(message, atMs);
  }

  #takeKind(message: OpenedMessage, atMs: number): Taken {
    const { kind, writer, body } = message;
    if (kind !== "part") this.#parts.forget(writer);
    switch (kind) {
      case "beat":
        return { kind };
      case "batch":
        return this.#takeBatch(body, atMs);
      case "part": {
        const whole = this.#parts.take(writer, body);
        return typeof whole === "string" ? { kind: whole } : this.#takeBatch(whole, atMs);
      }
      case "cut":
        return this.#takeCut(writer, atMs);
      case "mark":
        return this.#takeMark(decodeMark(body), writer);
      case "piece":
        return { kind: "passed", reason: "late" }; // none belongs here
      default:
        return { kind: "newer" };
    }
  }

  #takeBatch(body: OpenedMessage["body"], atMs: number): Taken {
    const batch = decodeBatch(body);
    if (batch === undefined) return { kind: "newer" };
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
    const version = this.#sequence;
    const changes = this.entries.apply(operations, version);
    return { kind: "written", version, removed, changes, batch, before };
  }

  #takeCut(writer: string, atMs: number): Taken {
    if (this.isCutting(atMs)) return { kind: "cut", isTaken: false };
    const sequence = this.#sequence;
    this.#parts.forget();
    for (const [name, place] of this.#writers) {
      // What it wrote is too old by now to be taken again.
      if (sequence - place.sequence > limits.storeReplayMessages) this.#writers.delete(name);
    }
    this.#cut = { sequence, writer, atMs, taken: this.#taken };
    this.#since = { messages: 0, bytes: 0 };
    return { kind: "cut", isTaken: true };
  }

  #takeMark(mark: SnapshotMark | undefined, writer: string): Taken {
    if (mark === undefined) return { kind: "newer" };
    const cut = this.#cut;
    if (cut === undefined || mark.cut > cut.sequence) return { kind: "gap" };
    if (mark.cut < cut.sequence || cut.writer !== writer) return { kind: "mark", obsolete: 0 };
    if (mark.taken !== cut.taken) return { kind: "gap" };
    const obsolete = this.#whole;
    this.#whole = cut.sequence;
    return { kind: "mark", obsolete };
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
