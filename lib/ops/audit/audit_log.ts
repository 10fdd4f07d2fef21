/**
 * The audit in the store of a data directory.
 *
 * @module
 */

import { type Clock, systemClock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import type { WriteLog } from "../../base/text/write_log.ts";
import type { Alongside, SqliteStore } from "../../store/store.ts";

import type { Audit, AuditEvent } from "./audit.ts";
import { eventsOf } from "./changes.ts";
import { Counts } from "./counts.ts";
import { GroupWriter } from "./group_writer.ts";
import { RecordsAhead } from "./records_ahead.ts";
import { mustAddRecords } from "./tables.ts";

/** What an audit writes with. */
export interface AuditLogOptions {
  /** The actor of events that name none: the user who runs a command, or the caller of a call. */
  readonly actor: () => string;
  /** Where the time comes from. @default {systemClock} */
  readonly clock?: Clock | undefined;
  /** The most bytes of records. @default {limits.maxAuditBytes} */
  readonly maxBytes?: number | undefined;
  /** Hears that records cannot be written, and that they can again. */
  readonly tell?: WriteLog | undefined;
}

/**
 * Records what is written to a store, in the transactions of the store.
 *
 * @param options Actor, clock and bound.
 * @returns What a store takes as `alongside`; it says whether there was something to record.
 */
export function auditAlongside(
  options: AuditLogOptions,
): (...given: Parameters<Alongside>) => boolean {
  const { actor, clock = systemClock, maxBytes } = options;
  return (sql, batch) => {
    const events = eventsOf(batch);
    if (events.length === 0) return false;
    mustAddRecords(sql, events, { nowMs: clock.now(), by: actor(), maxBytes });
    return true;
  };
}

/**
 * The audit of one process or thread. Others may write to the same store: each write takes the chain
 * as it finds it.
 */
export class AuditLog implements Audit, AsyncDisposable {
  readonly #options: AuditLogOptions;
  readonly #writer: GroupWriter;
  readonly #counts: Counts;
  /** First records that are being written, and which those that follow wait for as well. */
  readonly #pending = new Map<string, Promise<void>>();
  /** Tells what was counted, while something is. */
  #timer: ReturnType<typeof setInterval> | undefined;

  /**
   * @param store The store; closing it stays with the caller, after this has ended.
   * @param options Actor, clock and bound.
   */
  constructor(store: Pick<SqliteStore, "transact" | "sync">, options: AuditLogOptions) {
    const { actor, clock = systemClock, maxBytes, tell } = options;
    this.#options = options;
    this.#counts = new Counts(clock);
    const ahead = new RecordsAhead();
    this.#writer = new GroupWriter({
      ...{ clock, tell },
      came: (event) => ahead.make(event, clock.now()),
      failed: () => ahead.forget(),
      write: (events) => {
        const writing = { nowMs: clock.now(), by: actor(), maxBytes };
        return store.transact((sql) => ahead.write(sql, events, writing), false);
      },
      sync: () => store.sync(),
    });
  }

  record(event: AuditEvent): Promise<void> {
    return this.#writer.add(this.#withActor(event));
  }

  note(event: AuditEvent): void {
    this.#writer.push(this.#withActor(event));
  }

  /**
   * Writes one record of what happens whether or not it can be written.
   *
   * @param event What happened.
   * @returns Once it is on disk, or could not be written at once; it never rejects.
   */
  offer(event: AuditEvent): Promise<void> {
    return this.#writer.offer(this.#withActor(event));
  }

  /**
   * Takes in what somebody can cause as often as they like, and what happens whether or not it can be
   * written: the first of a minute is recorded, and those that follow are counted.
   *
   * @param key What it is counted by.
   * @param event What happened.
   * @returns What to wait for, where there is something; it never rejects.
   */
  count(key: string, event: AuditEvent): Promise<void> | undefined {
    const first = this.#take(key, event);
    return first && this.#writer.offer(first);
  }

  /**
   * As {@linkcode count}, for what must not happen without its record.
   *
   * @param key What it is counted by.
   * @param event What happened.
   * @returns The record to wait for, where there is one: the first of this minute.
   * @throws {DariError} As {@linkcode record} does; the next one is then the first again.
   */
  mustCount(key: string, event: AuditEvent): Promise<void> | undefined {
    const first = this.#take(key, event);
    if (first === undefined) return this.#pending.get(key);
    const written = this.#writer.add(first).catch((error) => {
      this.#counts.forget(key);
      throw error;
    }).finally(() => this.#pending.delete(key));
    this.#pending.set(key, written);
    return written;
  }

  /** Resolves once all that came so far was tried to be written, with what was counted. */
  async flush(): Promise<void> {
    for (const event of this.#counts.due(true)) this.#writer.push(event);
    await this.#writer.flush();
  }

  /** Writes what is left, and ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
    this.#writer[Symbol.dispose]();
    const { unwritten } = this.#writer;
    if (unwritten > 0) this.#options.tell?.(`${unwritten} records of the audit are lost`, "warn");
  }

  #take(key: string, event: AuditEvent): AuditEvent | undefined {
    this.#timer ??= this.#startTimer();
    return this.#counts.take(key, this.#withActor(event));
  }

  /** The actor is looked up when the event happens; it is no longer known when it is written. */
  #withActor(event: AuditEvent): AuditEvent {
    return event.by === undefined ? { ...event, by: this.#options.actor() } : event;
  }

  #startTimer(): ReturnType<typeof setInterval> {
    const timer = setInterval(() => {
      for (const event of this.#counts.due()) this.#writer.push(event);
      if (this.#counts.size > 0) return;
      clearInterval(timer);
      this.#timer = undefined;
    }, limits.auditCountMs);
    Deno.unrefTimer(timer); // a program whose work is done may end
    return timer;
  }
}
