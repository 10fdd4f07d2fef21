/**
 * Writes that come at the same time as one write to the disk.
 *
 * @module
 */

import { delay } from "../../base/abort.ts";
import type { Clock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { WriteLog } from "../../base/text/write_log.ts";
import type { AuditEvent } from "./audit.ts";
import { auditFull } from "./tables.ts";

/** What a {@linkcode GroupWriter} works with. */
export interface GroupWriterOptions {
  /** Writes events; says for each of them whether there was room. */
  readonly write: (events: readonly AuditEvent[]) => Promise<boolean[]>;
  /** Hears of an event that has come into the line. */
  readonly came?: ((event: AuditEvent) => void) | undefined;
  /** Hears that a write failed; what stays in the line is written later. */
  readonly failed?: (() => void) | undefined;
  /** Resolves once what was written is on the disk; the event loop does not wait for it. */
  readonly sync: () => Promise<void>;
  /** Where the time comes from. */
  readonly clock: Clock;
  /** Hears that nothing can be written, and that it can again. */
  readonly tell?: WriteLog | undefined;
}

/** An event that waits to be written. */
interface Waiting {
  readonly event: AuditEvent;
  /** Those who wait for it, until they were told. */
  done?: PromiseWithResolvers<void> | undefined;
  /** Whether it stays in the line when its write fails. */
  readonly stays: boolean;
}

/**
 * Writes events in the order in which they came.
 *
 * - At most one write is under way; what comes meanwhile is the next one.
 * - What somebody waits for fails with its write. What nobody waits for is tried again; where too much
 *   waits, or there is no room, it is counted, and the counts are an event of their own.
 */
export class GroupWriter {
  readonly #options: GroupWriterOptions;
  #line: Waiting[] = [];
  /** The write that is due or under way. */
  #writing: Promise<void> | undefined;
  /** Whether the last write failed. */
  #isFailing = false;
  /** The next try after a failure. */
  #retry: ReturnType<typeof setTimeout> | undefined;
  /** What was not kept, by kind. */
  readonly #missed = new Map<string, number>();
  #missedSinceMs = 0;
  /** When the counts are told next, on the clock that never steps. */
  #tellMissedAt = -Infinity;

  /** @param options How events are written. */
  constructor(options: GroupWriterOptions) {
    this.#options = options;
  }

  /** How many events wait or were not kept. */
  get unwritten(): number {
    return this.#line.length + [...this.#missed.values()].reduce((sum, count) => sum + count, 0);
  }

  /**
   * Writes an event.
   *
   * @param event The event.
   * @returns Once it is on disk.
   * @throws {DariError} `unavailable` when too many wait, `resource_exhausted` when there is no room,
   * and what the write throws.
   */
  add(event: AuditEvent): Promise<void> {
    if (this.#line.length >= limits.maxAuditRecordsWaiting) return Promise.reject(tooMany());
    const done = Promise.withResolvers<void>();
    this.#enter({ event, done, stays: false });
    this.#begin();
    return done.promise;
  }

  /**
   * Writes an event that happens whether or not it can be written.
   *
   * @param event The event.
   * @returns Once it is on disk, or the first try has failed. It never rejects.
   */
  offer(event: AuditEvent): Promise<void> {
    const done = Promise.withResolvers<void>();
    if (this.#isFailing) done.resolve();
    this.#put({ event, done, stays: true });
    return done.promise;
  }

  /**
   * Writes an event that nobody waits for.
   *
   * @param event The event.
   */
  push(event: AuditEvent): void {
    this.#put({ event, stays: true });
  }

  /** Resolves once all that waits was tried to be written. */
  async flush(): Promise<void> {
    this.#begin();
    // What came while a write ended is a write of its own.
    while (this.#writing !== undefined) await this.#writing;
  }

  /** Makes no further try. */
  [Symbol.dispose](): void {
    clearTimeout(this.#retry);
  }

  #put(waiting: Waiting): void {
    if (this.#line.length >= limits.maxAuditRecordsWaiting) {
      waiting.done?.resolve();
      return this.#miss(waiting.event);
    }
    this.#enter(waiting);
    if (!this.#isFailing) this.#begin();
  }

  #enter(waiting: Waiting): void {
    this.#line.push(waiting);
    this.#options.came?.(waiting.event);
  }

  #begin(): void {
    if (this.#writing !== undefined || this.unwritten === 0) return;
    clearTimeout(this.#retry);
    this.#writing = this.#writeAll().then(() => {
      this.#writing = undefined;
      if (this.#isFailing) this.#retryLater();
      else if (this.#line.length > 0) this.#begin(); // it came while the last write ended
    });
  }

  async #writeAll(): Promise<void> {
    do {
      if (this.#line.length < limits.maxAuditGroupRecords) await delay(limits.auditGroupMs);
    } while (await this.#writeGroup() && this.#line.length > 0);
  }

  /** Says whether the write went well. */
  async #writeGroup(): Promise<boolean> {
    const group = this.#line.splice(0, limits.maxAuditGroupRecords);
    const missed = this.#missedEvent();
    const events = group.map(({ event }) => event);
    if (missed !== undefined) events.push(missed);
    if (events.length === 0) return true;
    let accepted: boolean[];
    try {
      accepted = await this.#options.write(events);
      await this.#options.sync();
    } catch (error) {
      this.#fail(group, error);
      return false;
    }
    if (missed !== undefined && accepted.pop() === true) this.#missed.clear();
    for (const [at, waiting] of group.entries()) this.#settle(waiting, accepted[at] === true);
    if (this.#isFailing) this.#options.tell?.("the audit is written again", "info");
    this.#isFailing = false;
    return true;
  }

  #settle({ event, done, stays }: Waiting, isWritten: boolean): void {
    if (isWritten) return done?.resolve();
    if (!stays) return done?.reject(auditFull());
    this.#miss(event);
    done?.resolve();
  }

  #fail(group: readonly Waiting[], error: unknown): void {
    if (!this.#isFailing) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#options.tell?.(`the audit cannot be written: ${reason}`, "warn");
    }
    this.#isFailing = true;
    this.#options.failed?.();
    const all = [...group, ...this.#line];
    this.#line = all.filter(({ stays }) => stays);
    for (const waiting of all) {
      if (waiting.stays) waiting.done?.resolve();
      else waiting.done?.reject(error);
      waiting.done = undefined;
    }
  }

  #retryLater(): void {
    if (this.unwritten === 0) return;
    this.#retry = setTimeout(() => this.#begin(), limits.auditRetryMs);
    Deno.unrefTimer(this.#retry); // a program whose work is done may end
  }

  #miss({ kind }: AuditEvent): void {
    if (this.#missed.size === 0) this.#missedSinceMs = this.#options.clock.now();
    this.#missed.set(kind, (this.#missed.get(kind) ?? 0) + 1);
  }

  /** While the audit is full, the counts are told now and then: they take room as well. */
  #missedEvent(): AuditEvent | undefined {
    const now = this.#options.clock.monotonic();
    if (this.#missed.size === 0 || now < this.#tellMissedAt) return undefined;
    this.#tellMissedAt = now + limits.auditFullMs;
    const since = new Date(this.#missedSinceMs).toISOString();
    return { kind: "audit.missed", data: { since, ...Object.fromEntries(this.#missed) } };
  }
}

function tooMany(): DariError {
  return new DariError("unavailable", "Too many records of the audit wait to be written", {
    retryAfterMs: limits.auditRetryMs,
  });
}
