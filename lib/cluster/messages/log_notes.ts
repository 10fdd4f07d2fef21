/**
 * Where a server had read the log to, noted in the same transactions as what it made of it. So a server
 * that starts again goes on from there.
 *
 * @module
 */

import { type LogPosition, LogState } from "../log/log_state.ts";
import type { OpenedMessage } from "../log/seal.ts";
import type { Sql } from "../../store/tables/sql.ts";

/** What is noted as one text. */
interface NotedFacts extends Omit<LogPosition, "writers" | "chain"> {
  /** Whether messages have to say what log they were decided on. */
  readonly isInForce: boolean;
}

/** Notes what has changed of a log's state since it was noted last. */
export class LogNotes {
  readonly #state: LogState;
  /** Writers whose places have changed. */
  #changed = new Set<string>();
  /** Writers whose parts are noted. */
  #partial: Set<string>;
  /** Writers whose parts are no longer wanted. */
  #done = new Set<string>();
  /** A part that has just come. */
  #part: OpenedMessage | undefined;
  /** How many messages had been taken when it was noted last. */
  #taken: number;
  #isPruned = false;
  #unnoted = 0;

  /**
   * @param state The state of the log.
   * @param partial Whose parts are noted.
   * @param taken How many messages had been taken when it was noted last; nothing was by default.
   */
  constructor(state: LogState, partial: Iterable<string> = [], taken = -1) {
    this.#state = state;
    this.#taken = taken;
    this.#partial = new Set(partial);
  }

  /**
   * Reads what is noted.
   *
   * @param sql The tables.
   * @returns The state of the log, and its notes; `undefined` where nothing is noted.
   */
  static read(sql: Sql): { readonly state: LogState; readonly notes: LogNotes } | undefined {
    const [facts] = sql.all<{ text: string }>("SELECT text FROM log_facts");
    if (facts === undefined) return undefined;
    const writers = sql.all<{ writer: string; count: number; sequence: number }>(
      "SELECT writer, count, sequence FROM log_writers",
    );
    const { isInForce, ...noted } = JSON.parse(facts.text) as NotedFacts;
    const state = new LogState({
      ...noted,
      chain: { taken: noted.cut.taken, digests: digestsIn(sql), isInForce },
      writers: writers.map(({ writer, count, sequence }) => [writer, count, sequence]),
    });
    const parts = sql.all<{ writer: string; part: Uint8Array }>(
      "SELECT writer, part FROM log_parts ORDER BY writer, place",
    );
    for (const { writer, part } of parts) state.parts.take(writer, Uint8Array.from(part));
    const partial = parts.map(({ writer }) => writer);
    return { state, notes: new LogNotes(state, partial, state.taken) };
  }

  /** How many messages have been taken since it was noted last. */
  get unnoted(): number {
    return this.#unnoted;
  }

  /**
   * Remembers what a message has changed.
   *
   * @param message The message, which was taken and not passed over.
   * @param kind What became of it.
   */
  taken(message: OpenedMessage, kind: string): void {
    const { writer } = message;
    this.#unnoted++;
    this.#changed.add(writer);
    if (kind === "part") this.#part = message;
    else if (this.#partial.has(writer)) this.#done.add(writer);
    if (kind === "cut") this.#isPruned = true;
  }

  /**
   * Remembers that a writer's place has changed.
   *
   * @param writer The writer.
   */
  writer(writer: string): void {
    this.#changed.add(writer);
  }

  /**
   * Notes everything.
   *
   * @param sql The tables, in a transaction. Once it holds, {@linkcode noted} is called.
   */
  write(sql: Sql): void {
    const { sequence, since, chain } = this.#state;
    const { cut, obsolete, writers } = this.#state.facts();
    const facts: NotedFacts = { sequence, since, cut, obsolete, isInForce: chain.isInForce };
    sql.run("INSERT OR REPLACE INTO log_facts VALUES (1, ?)", JSON.stringify(facts));
    if (this.#isPruned) sql.run("DELETE FROM log_writers");
    const changed = this.#isPruned ? writers.map(([writer]) => writer) : this.#changed;
    for (const writer of changed) {
      const place = this.#state.placeOf(writer);
      if (place === undefined) continue;
      const { count, sequence } = place;
      sql.run("INSERT OR REPLACE INTO log_writers VALUES (?, ?, ?)", writer, count, sequence);
    }
    if (this.#isPruned) sql.run("DELETE FROM log_digests");
    const digests = new Uint8Array(chain.since(this.#isPruned ? -1 : this.#taken).buffer);
    if (digests.length > 0) {
      sql.run("INSERT OR REPLACE INTO log_digests VALUES (?, ?)", chain.taken, digests);
    }
    if (this.#isPruned) sql.run("DELETE FROM log_parts");
    for (const writer of this.#done) sql.run("DELETE FROM log_parts WHERE writer = ?", writer);
    if (this.#part === undefined) return;
    const { writer, count, body } = this.#part;
    sql.run("INSERT OR REPLACE INTO log_parts VALUES (?, ?, ?)", writer, count, body);
  }

  /** The transaction of {@linkcode write} holds. */
  noted(): void {
    if (this.#isPruned) this.#partial.clear();
    for (const writer of this.#done) this.#partial.delete(writer);
    if (this.#part !== undefined) this.#partial.add(this.#part.writer);
    this.#changed = new Set();
    this.#done = new Set();
    this.#part = undefined;
    this.#taken = this.#state.taken;
    this.#isPruned = false;
    this.#unnoted = 0;
  }
}

/** The digests since the last cut, in their order. */
function digestsIn(sql: Sql): BigUint64Array<ArrayBuffer> {
  const rows = sql.all<{ digests: Uint8Array }>("SELECT digests FROM log_digests ORDER BY taken");
  const bytes = new Uint8Array(rows.reduce((sum, { digests }) => sum + digests.length, 0));
  let at = 0;
  for (const { digests } of rows) {
    bytes.set(digests, at);
    at += digests.length;
  }
  return new BigUint64Array(bytes.buffer);
}
