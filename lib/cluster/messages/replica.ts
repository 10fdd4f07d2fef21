/**
 * Queues, jobs and topics of one server, made of the log that it shares with others.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { OperationMachine, OperationOutcome } from "../../messages/operation/operation.ts";
import type { ReplicaFile } from "../../store/replica/replica_file.ts";
import type { ReplicaSnapshot } from "../../store/replica/replica_snapshot.ts";
import type { Change, EntriesInside } from "../../store/store.ts";
import type { Sql } from "../../store/tables/sql.ts";
import type { LogFold } from "../follow/follower.ts";
import { readNewest } from "../follow/pieces.ts";
import type { SnapshotContent } from "../follow/snapshotter.ts";
import type { SharedLog } from "../log/log.ts";
import { LogState, type TakenBeside } from "../log/log_state.ts";
import type { Bytes, MessageOpener, OpenedMessage } from "../log/seal.ts";
import { decodeBatch } from "./batch.ts";
import { linesOf, loadLines, NewerSnapshot } from "./lines.ts";
import { LogNotes } from "./log_notes.ts";

/** What became of a message. */
export type TakenBatch =
  | TakenBeside
  /** A batch was applied. */
  | { readonly kind: "applied"; readonly outcomes: readonly OperationOutcome[] };

/** What a replica works with. */
export interface ReplicaParts {
  /** The tables. */
  readonly file: ReplicaFile;
  /** The log. */
  readonly log: SharedLog;
  /** Applies batches to the tables; it changes them by {@linkcode MessageReplica.transact} alone. */
  readonly machine: () => OperationMachine;
  /** Whether this program wrote a message. */
  readonly isOwn: (writer: string) => boolean;
}

/** The tables of this server, and how far they have come. */
export class MessageReplica implements LogFold<TakenBatch> {
  readonly #parts: ReplicaParts;
  #log = new LogState();
  #notes = new LogNotes(this.#log);
  /** Whether messages were missing, so that only a snapshot helps. */
  #isBroken = false;
  /** Of which tables the next snapshot is, where these are not its own. */
  #other: (() => ReplicaSnapshot) | undefined;
  #reloads = 0;
  /** Whether a batch counts as read that is not in the tables. */
  #isAhead = false;

  /** @param parts The tables and the log. */
  constructor(parts: ReplicaParts) {
    this.#parts = parts;
  }

  /** How often the tables were made of a snapshot. */
  get reloads(): number {
    return this.#reloads;
  }

  /** The log as far as it was read. */
  get log(): LogState {
    return this.#log;
  }

  get sequence(): number {
    return this.#log.sequence;
  }

  /**
   * Goes on from what the file has, or from the newest snapshot where the log has no longer what follows.
   *
   * @param opener Opens the messages of snapshots.
   * @returns This.
   * @throws {DariError} `unavailable` when the log cannot be read, `data` when it has lost what was
   * written, `configuration` where a newer dari made the snapshot.
   */
  async read(opener: MessageOpener): Promise<this> {
    const { file, log } = this.#parts;
    const noted = LogNotes.read(file.sql);
    this.#isAhead = false;
    const { first, last } = await log.ends();
    const reached = noted?.state.sequence ?? 0;
    if (reached > last && !this.#isBroken) throw lost(reached, last);
    if (noted !== undefined && !this.#isBroken && first <= reached + 1) {
      [this.#log, this.#notes] = [noted.state, noted.notes];
      return this;
    }
    const facts = await this.#load(opener);
    if (facts === undefined && reached > 0) {
      if (first > 1) throw lost(reached, last);
      await file.renew(); // all of the log is still there
    }
    this.#log = facts ?? new LogState();
    this.#notes = new LogNotes(this.#log);
    this.#isBroken = false;
    this.#reloads++;
    await this.#parts.machine().reload();
    return this;
  }

  async #load(opener: MessageOpener): Promise<LogState | undefined> {
    const { file, log } = this.#parts;
    try {
      return await readNewest({ log, opener }, async (lines) => {
        await file.renew();
        const facts = await loadLines(lines, file);
        if (facts === undefined) return undefined;
        const state = new LogState(facts);
        const notes = new LogNotes(state);
        file.write((sql) => {
          for (const [writer] of facts.writers) notes.writer(writer);
          notes.write(sql);
        });
        return state;
      });
    } catch (error) {
      if (!(error instanceof NewerSnapshot)) throw error;
      const message = "A newer dari made the newest snapshot of this cluster; upgrade this one";
      throw new DariError("configuration", message);
    }
  }

  /**
   * Changes the tables, and notes in the same transaction how far the log was read.
   *
   * @param work What is done.
   * @param now The time by which entries expire unless the work says another one.
   * @returns What it gave, and how entries have changed.
   */
  transact<T>(
    work: (sql: Sql, entries: EntriesInside) => T,
    now: number,
  ): { readonly result: T; readonly changes: readonly Change[] } {
    const done = this.#parts.file.transact((sql, entries) => {
      const result = work(sql, entries);
      this.#notes.write(sql);
      return result;
    }, now);
    this.#notes.noted();
    this.#isAhead = false;
    return done;
  }

  take(
    message: OpenedMessage | undefined,
    sequence: number,
    atMs: number,
  ): TakenBatch | Promise<TakenBatch> {
    const taken = this.#log.take(message, sequence, atMs);
    if (message === undefined || taken.kind === "passed") return taken as TakenBatch;
    this.#notes.taken(message, taken.kind);
    if (taken.kind === "body") return this.#apply(message.writer, taken.body, { sequence, atMs });
    if (taken.kind === "gap") this.#isBroken = true;
    if (taken.kind === "cut" && taken.isTaken) this.#log.noteCheck(checkOf(this.#parts.file.sql));
    const isNoted = ["part", "cut", "mark"].includes(taken.kind);
    if (isNoted || this.#notes.unnoted >= limits.messageLogNoteCount) this.note();
    return taken;
  }

  spoil(): void {
    this.#isBroken = true;
  }

  /** Notes how far the log was read. */
  note(): void {
    if (this.#isAhead) return;
    this.#parts.file.write((sql) => this.#notes.write(sql));
    this.#notes.noted();
  }

  /**
   * Has the next snapshot of this server be of other tables, which take the place of those of all servers.
   *
   * @param open Opens them.
   */
  replaceBy(open: () => ReplicaSnapshot): void {
    this.#other = open;
  }

  /**
   * The tables as they are right after the announcement of a snapshot was taken.
   */
  content(): SnapshotContent {
    const facts = this.#log.facts();
    const rows = this.#other?.() ?? this.#parts.file.snapshot();
    // No server has tables of this check, so that all of them read the snapshot.
    const cut = this.#other === undefined
      ? facts.cut
      : { ...facts.cut, check: crypto.randomUUID() };
    this.#other = undefined;
    return {
      cut,
      lines: linesOf({ ...facts, cut }, rows),
      [Symbol.dispose]: () => rows[Symbol.dispose](),
    };
  }

  async #apply(
    writer: string,
    body: Bytes,
    { sequence, atMs }: { readonly sequence: number; readonly atMs: number },
  ): Promise<TakenBatch> {
    const { machine, isOwn } = this.#parts;
    this.#isAhead = true;
    const batch = decodeBatch(body);
    if (batch === undefined) return { kind: "newer" };
    try {
      const place = { position: sequence, atMs };
      const outcomes = await machine().apply(batch, place, isOwn(writer));
      return { kind: "applied", outcomes };
    } catch (error) {
      if (error instanceof DariError && error.code === "configuration") return { kind: "newer" };
      if (error instanceof DariError && error.code === "data") this.#isBroken = true;
      throw error;
    }
  }
}

/** What the same tables have in common, and different ones hardly, without reading all of them. */
function checkOf(sql: Sql): string {
  const sums = (table: string, columns: readonly string[]) =>
    sql.all<object>(
      `SELECT count(*), ${columns.map((name) => `sum(${name})`).join(", ")} FROM ${table}`,
    ).map((row) => Object.values(row));
  return JSON.stringify([
    sql.all<object>("SELECT name, value FROM counters ORDER BY name").map(Object.values),
    sums("queues", ["ready", "delayed", "leased", "held", "dead", "bytes", "dead_bytes"]),
    sums("topics", ["first", "last", "bytes"]),
    sums("topic_groups", ["next", "missed", "given_up"]),
  ]);
}

function lost(reached: number, last: number): DariError {
  return new DariError(
    "data",
    `The cluster's stream of queues, jobs and topics has lost what was written: it ends at ${last}, ` +
      `and this server had read it up to ${reached}. Restore the stream; where that is not possible, ` +
      `remove ${limits.messagesFile} from the data directory to begin with what the stream has`,
  );
}
