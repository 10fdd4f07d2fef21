/**
 * What the readers of topics in one thread have in common.
 *
 * @module
 */

import { after } from "../../../base/abort.ts";
import { DariError } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import type { SqliteStore } from "../../../store/store.ts";
import type { Sql } from "../../../store/tables/sql.ts";
import { groupOutlook } from "../topic_tables/deliveries.ts";
import { findTopicRow, groupKey, type TopicMessageRow } from "../topic_tables/rows.ts";
import type { TopicEvent, TopicRows } from "../topic_tables/topic_rows.ts";
import type { Spread } from "../../operation/spread.ts";
import { GroupLine } from "./group_line.ts";
import { LiveChannel } from "./live_channel.ts";
import { type TailBudget, TopicTail } from "./tail.ts";

/** Hears what happened to messages: the topic, the event, and how often. */
export type TopicListener = (topic: string, event: TopicEvent, count: number) => void;

/** What {@linkcode TopicHub} works with. */
export interface TopicHubOptions {
  /** The store. */
  readonly store: Pick<SqliteStore, "query">;
  /** The time of leases, in milliseconds since the epoch. */
  readonly now: () => number;
  /** How often to look for messages of other processes while somebody reads, in milliseconds. */
  readonly pollMs: number;
  /** Hears what happened to messages, once it is on disk. */
  readonly onEvent: TopicListener | undefined;
  /** Whether there are readers at other servers. */
  readonly isShared: boolean;
  /** Makes what keeps servers apart that want the same message. */
  readonly newSpread: () => Spread;
}

/** A tail, and how many read it. */
interface HeldTail {
  readonly tail: TopicTail;
  readers: number;
}

/** A look for full members of groups follows after so many others. */
const LOOKS_FOR_MEMBERS = 10;

/** Wakes readers when something is published, by this process or by another one. */
export class TopicHub implements Disposable {
  readonly #options: TopicHubOptions;
  readonly #tails = new Map<string, HeldTail>();
  readonly #lines = new Map<string, GroupLine>();
  readonly #budget: TailBudget = { bytes: 0 };
  readonly #channel: LiveChannel;
  /** Topics that kept nothing when they were last seen. */
  readonly #live = new Set<string>();
  #readers = 0;
  #looks = 0;
  /** Grows when another connection has written to the file. */
  #version = 0;
  #isLooking = false;
  #forget: (() => void) | undefined;

  /** @param options The store and the time. */
  constructor(options: TopicHubOptions) {
    this.#options = options;
    this.#channel = new LiveChannel((topic, rows) => this.#tails.get(topic)?.tail.append(rows));
  }

  /** How many subscriptions there are. */
  get readers(): number {
    return this.#readers;
  }

  /** How many subscriptions each topic has. */
  get readersByTopic(): ReadonlyMap<string, number> {
    const counts = new Map([...this.#tails].map(([topic, { readers }]) => [topic, readers]));
    for (const { topic, size } of this.#lines.values()) {
      counts.set(topic, (counts.get(topic) ?? 0) + size);
    }
    return counts;
  }

  /** Whether a topic kept nothing when it was last seen, so that its messages pass the store by. */
  isLive(topic: string): boolean {
    return this.#live.has(topic) && !this.#options.isShared;
  }

  /**
   * Holds the tail of a topic for a reader.
   *
   * @param topic The topic.
   * @returns The tail, and what lets it go.
   * @throws {DariError} `resource_exhausted` when there are too many readers.
   */
  hold(topic: string): { readonly tail: TopicTail; readonly release: () => void } {
    this.#enter();
    let held = this.#tails.get(topic);
    if (held === undefined) {
      this.#tails.set(topic, held = { tail: new TopicTail(topic, this.#budget), readers: 0 });
    }
    held.readers++;
    const release = () => {
      this.#leave();
      if (--held.readers > 0) return;
      held.tail.clear();
      if (this.#tails.get(topic) === held) this.#tails.delete(topic);
    };
    return { tail: held.tail, release };
  }

  /**
   * Lets a member into the line of its group.
   *
   * @param topic The topic.
   * @param group The group.
   * @returns The line, and what ends the membership.
   * @throws {DariError} `resource_exhausted` when there are too many readers.
   */
  join(topic: string, group: string): { readonly line: GroupLine; readonly release: () => void } {
    this.#enter();
    const key = groupKey(topic, group);
    let line = this.#lines.get(key);
    if (line === undefined) {
      this.#lines.set(key, line = new GroupLine(topic, group, this.#options.newSpread()));
    }
    line.size++;
    const release = () => {
      this.#leave();
      if (--line.size === 0) this.#lines.delete(key);
    };
    return { line, release };
  }

  /** Tells readers what a transaction has done, once it is on disk, here or at another server. */
  committed(topics: TopicRows, isOwn: boolean): void {
    const { kept, live } = topics.published;
    for (const [name, rows] of kept) this.#tails.get(name)?.tail.append(rows);
    const changed = new Set<string>();
    for (const { name, last, settings } of topics.all) {
      this.noteTopic(name, last, settings.kept);
      changed.add(name);
    }
    for (const line of this.#lines.values()) {
      if (!changed.has(line.topic)) continue;
      line.nextAt = 0;
      line.wakeSoon(kept.get(line.topic)?.length ?? 0, isOwn);
    }
    for (const [name, rows] of live) this.#deliver(name, rows);
    for (const key of topics.woken) this.#lines.get(key)?.wakeSoon(1, isOwn);
    for (const [key, members] of topics.wokenMembers) {
      const line = this.#lines.get(key);
      for (const member of members) line?.wakeMember(member);
    }
    if (isOwn) this.#tell(topics.happened);
  }

  /**
   * Gives messages to those who read now, in all threads.
   *
   * @param topic The topic, which keeps nothing.
   * @param rows The messages.
   */
  publishLive(topic: string, rows: readonly TopicMessageRow[]): void {
    this.#deliver(topic, rows);
    this.tell(topic, "published", rows.length);
  }

  /** Counts what happened to messages. */
  tell(topic: string, event: TopicEvent, count: number): void {
    this.#options.onEvent?.(topic, event, count);
  }

  /** Takes note of how a topic stands. */
  noteTopic(topic: string, last: number, isKept: boolean): void {
    if (isKept) this.#live.delete(topic);
    else if (!this.#live.has(topic)) {
      this.#live.add(topic);
      this.openChannel().catch(() => {}); // the store is closed
    }
    const held = this.#tails.get(topic);
    if (held !== undefined && !held.tail.note(last, isKept)) this.#tails.delete(topic);
  }

  /** Has everything looked at again: the topics may be others now. */
  reset(): void {
    this.#version = 0;
    for (const line of this.#lines.values()) line.scanned = 0;
  }

  /** Begins to exchange messages that are not kept with the other threads. */
  async openChannel(): Promise<void> {
    this.#channel.open(await this.#options.store.query(pathOf));
  }

  [Symbol.dispose](): void {
    this.#forget?.();
    this.#channel[Symbol.dispose]();
  }

  #deliver(topic: string, rows: readonly TopicMessageRow[]): void {
    this.#tails.get(topic)?.tail.append(rows);
    this.#channel.send(topic, rows);
  }

  #tell(happened: TopicRows["happened"]): void {
    const { onEvent } = this.#options;
    if (onEvent === undefined) return;
    for (const [topic, events] of happened) {
      for (const [event, count] of events) onEvent(topic, event, count);
    }
  }

  #enter(): void {
    if (this.#readers >= limits.maxTopicSubscriptions) {
      throw new DariError("resource_exhausted", "Too many subscriptions; try again", {
        retryAfterMs: limits.storeRetryAfterMs,
      });
    }
    if (this.#readers++ === 0) this.#lookLater();
  }

  #leave(): void {
    if (--this.#readers > 0) return;
    this.#forget?.();
    this.#forget = undefined;
  }

  #lookLater(): void {
    if (this.#isLooking) return; // the look that is under way goes on
    this.#forget = after(this.#options.pollMs, () => void this.#look());
  }

  /** Looks for what other processes published, and for leases that have ended. */
  async #look(): Promise<void> {
    this.#isLooking = true;
    try {
      await this.#options.store.query((sql) => this.#lookAt(sql));
      const isTurn = ++this.#looks % LOOKS_FOR_MEMBERS === 0;
      if (isTurn) { for (const line of this.#lines.values()) line.wakeFull(); }
    } catch {
      // The store is busy or closed; the next look follows.
    } finally {
      this.#isLooking = false;
    }
    if (this.#readers > 0) this.#lookLater();
  }

  #lookAt(sql: Sql): void {
    const version = versionOf(sql);
    const isChanged = version !== this.#version;
    this.#version = version;
    for (const topic of isChanged ? [...this.#tails.keys()] : []) {
      const row = findTopicRow(sql, topic);
      if (row !== undefined) this.noteTopic(topic, row.last, row.settings.kept);
    }
    const now = this.#options.now();
    for (const line of this.#lines.values()) {
      if (isChanged) line.nextAt = 0;
      if (line.waiting === 0 || line.nextAt > now) continue;
      const at = { now, scanned: line.scanned };
      const { canTake, scanned, nextAt } = groupOutlook(sql, line.topic, line.group, at);
      line.scanned = scanned;
      line.nextAt = canTake ? 0 : nextAt; // whoever is woken may leave without taking anything
      if (canTake) line.wakeSoon(1, false);
    }
  }
}

/** A number that another connection's write to the file changes. */
function versionOf(sql: Sql): number {
  return sql.all<{ data_version: number }>("PRAGMA data_version")[0]!.data_version;
}

/** Where the file of a store is. */
function pathOf(sql: Sql): string {
  return sql.all<{ file: string }>("PRAGMA database_list")[0]!.file;
}
