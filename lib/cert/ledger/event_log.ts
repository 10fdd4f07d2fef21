/**
 * Where a ledger keeps its events: a list to which events are added at the end, and nothing else.
 *
 * There are two forms. {@linkcode StoreLog} keeps the events in the store of a data directory and is
 * what the server and the command line use: a backup then has one file to copy, and servers that
 * share a store share its revocations. {@linkcode FileLog} keeps them in `certificates.jsonl` and is
 * for programs that have no store. Both pass one contract suite.
 *
 * @module
 */

import type { LedgerEntries } from "./entries.ts";
import type { LedgerEvent } from "./event.ts";

/** A list of events; several processes may add to the same one. */
export interface EventLog extends AsyncDisposable {
  /** What the events that were read add up to; only the log adds to it. */
  readonly entries: LedgerEntries;
  /**
   * Reads the events that were added since the last time, by this process or another.
   *
   * @throws {DariError} `data` when an event is damaged or missing, `io` or `unavailable` when the
   * events cannot be read.
   */
  refresh(): Promise<void>;
  /**
   * Adds events, all or none, only if no other event comes between what `decide` saw and them.
   *
   * @param decide Called when `entries` is up to date; gives the events to add. It may be called
   * again where another process was faster, so it must only decide.
   * @returns Once the events are durable.
   * @throws {DariError} As {@linkcode EventLog.refresh}.
   */
  append(decide: () => readonly LedgerEvent[]): Promise<void>;
  /**
   * Keeps `entries` up to date without being asked: an event of another process is there within a
   * second.
   *
   * @returns Whether that still holds; disposing it ends it.
   * @throws {DariError} As {@linkcode EventLog.refresh}.
   */
  follow(): Promise<Follower>;
}

/** Says whether `entries` can be relied on right now. */
export interface Follower extends Disposable {
  /**
   * Returns where `entries` is at most a second old.
   *
   * @throws {DariError} `data`, `io` or `unavailable` when it may be older, and why.
   */
  check(): void;
}
