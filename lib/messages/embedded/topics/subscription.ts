/**
 * A subscription of one reader, which no other one shares.
 *
 * @module
 */

import { DariError } from "../../../base/errors.ts";
import type { SqliteStore } from "../../../store/store.ts";
import type { TopicHub } from "../topic_feeds/hub.ts";
import type { TopicTail } from "../topic_feeds/tail.ts";
import { keepsNothing } from "../topic_tables/groups.ts";
import { placeOf, readAfter, readLast, removedBehind } from "../topic_tables/read.ts";
import { findTopicRow, type TopicMessageRow } from "../topic_tables/rows.ts";
import { writeCursor } from "../../topic/cursor.ts";
import { beginningOfNames, isPattern, topicMatcher, topicOfName } from "../../topic/names.ts";
import type { TopicMessage, TopicPlace, WhenSlow } from "../../topic/operations.ts";
import type { CheckedSubscription } from "../../topic/params.ts";
import { Feed } from "../../topic/feed.ts";
import { topicMessage } from "./topic_message.ts";

/** What a subscription works with. */
export interface SubscriptionParts {
  readonly store: Pick<SqliteStore, "query">;
  readonly hub: TopicHub;
  /** Ends all subscriptions. */
  readonly ended: AbortSignal;
  /** Throws once the reader may not read any more. */
  readonly check: (() => void) | undefined;
}

/** Reads the messages of one topic from a place on. */
export class Subscription extends Feed {
  readonly #parts: SubscriptionParts;
  readonly #topic: string;
  readonly #pattern: string;
  readonly #options: CheckedSubscription;
  readonly #fits: (name: string) => boolean;
  readonly #tail: TopicTail;
  readonly #release: () => void;
  /** Resolves once the place is known from which messages are read. */
  readonly #begun: Promise<void>;
  /** The number of the last message that was looked at. */
  #place = 0;
  /** The name behind which last messages are still to be read. */
  #lastName: string | undefined;
  #dropped = 0;
  /** Whether the reader is still to be told where it begins. */
  #owesPlace: boolean;

  /**
   * Begins a subscription: from now on no message is missed.
   *
   * @param parts The store, and the tails of topics.
   * @param pattern The names.
   * @param options Where to begin, and what becomes of a slow reader.
   */
  constructor(parts: SubscriptionParts, pattern: string, options: CheckedSubscription) {
    super({ signal: options.signal, ended: parts.ended, endsInMs: options.endsInMs });
    this.#parts = parts;
    this.#topic = topicOfName(pattern);
    this.#pattern = pattern;
    this.#options = options;
    this.#fits = topicMatcher(pattern);
    this.#owesPlace = options.place === true;
    const { tail, release } = parts.hub.hold(this.#topic);
    this.#tail = tail;
    this.#release = release;
    this.#begun = this.#begin();
    this.#begun.catch(() => {}); // the first pull says it
  }

  protected override async place(): Promise<TopicPlace> {
    await this.#begun;
    return this.#tail.isKept === false ? {} : { cursor: writeCursor(this.#topic, this.#place) };
  }

  protected override async more(): Promise<readonly TopicMessage[]> {
    await this.#begun;
    for (;;) {
      this.#parts.check?.();
      const isLast = this.#lastName !== undefined;
      if (this.#owesPlace && !isLast) {
        this.#owesPlace = false;
        // A place alone: the subscriber asked for it, and tells it from a message.
        if (this.#tail.isKept !== false) return [await this.place() as TopicMessage];
      }
      const rows = isLast ? await this.#lastOnes() : await this.#step();
      // From the cursor of one of many last messages a subscriber would not get the others.
      const hasPlace = !(isLast && isPattern(this.#pattern)) && this.#tail.isKept !== false;
      if (rows.length > 0) return this.#made(rows, hasPlace);
      this.signal.throwIfAborted();
    }
  }

  protected override leave(): void {
    this.#release();
  }

  async #begin(): Promise<void> {
    const { store, hub } = this.#parts;
    const { beginning } = this.#options;
    const topic = this.#topic;
    const tail = this.#tail;
    await store.query((sql) => {
      const row = findTopicRow(sql, topic);
      if (row !== undefined) hub.noteTopic(topic, row.last, row.settings.kept);
      if (tail.isKept === false) {
        if (beginning.kind !== "now") throw keepsNothing(topic, "reading from a place or a time");
        this.#place = tail.known;
        return;
      }
      if (beginning.kind === "last") this.#lastName = "";
      const from = beginning.kind === "last" ? { kind: "now" } as const : beginning;
      this.#place = placeOf(sql, row ?? { id: 0, name: topic, first: 1, last: 0 }, from);
    });
    if (tail.isKept === false) await hub.openChannel();
  }

  /** The last message of each name, up to the place where this subscription begins. */
  async #lastOnes(): Promise<readonly TopicMessageRow[]> {
    const after = this.#lastName === "" ? undefined : this.#lastName;
    const range = { prefix: beginningOfNames(this.#pattern), after, upTo: this.#place };
    const { rows, name } = await this.#parts.store.query((sql) =>
      readLast(sql, this.#topic, range, this.#fits)
    );
    this.#lastName = name;
    return rows;
  }

  /** Some messages; none where it has to be looked again. */
  async #step(): Promise<readonly TopicMessageRow[]> {
    const tail = this.#tail;
    this.#passOver(tail.known - this.#options.maxBehind, this.#whenSlow);
    if (this.#place >= tail.known) {
      await tail.wait(this.signal);
      return [];
    }
    const found = tail.after(this.#place, this.#fits);
    if (found !== undefined) {
      this.#place = found.upTo;
      return found.rows;
    }
    return tail.isKept === false ? this.#overrun() : await this.#readStore();
  }

  /** What this reader was too slow for is nowhere any more. */
  #overrun(): [] {
    this.#passOver(this.#tail.first - 1, this.#whenSlow === "drop" ? "drop" : "cut");
    return [];
  }

  async #readStore(): Promise<readonly TopicMessageRow[]> {
    const { store, hub } = this.#parts;
    const { rows, upTo, first, last } = await store.query((sql) =>
      readAfter(sql, this.#topic, this.#place, this.#fits)
    );
    if (first > this.#place + 1) {
      if (this.#whenSlow === "wait") {
        throw removedBehind({ name: this.#topic, first }, this.#place);
      }
      this.#passOver(first - 1, this.#whenSlow);
      return [];
    }
    hub.noteTopic(this.#topic, last, true);
    this.#place = upTo;
    return rows;
  }

  get #whenSlow(): WhenSlow {
    return this.#options.whenSlow ?? (this.#tail.isKept === false ? "drop" : "wait");
  }

  /** Goes on behind a message where this reader is still before it. */
  #passOver(to: number, whenSlow: WhenSlow): void {
    const count = to - this.#place;
    if (count <= 0 || whenSlow === "wait") return;
    if (whenSlow === "cut") throw this.#tooSlow();
    this.#place = to;
    this.#dropped += count;
    this.#parts.hub.tell(this.#topic, "dropped", count);
  }

  #tooSlow(): DariError {
    const behind = this.#tail.known - this.#place;
    const isKept = this.#tail.isKept !== false;
    const from = isKept ? `; go on from "${writeCursor(this.#topic, this.#place)}"` : "";
    return new DariError(
      "resource_exhausted",
      `The subscription to "${this.#pattern}" was cut: it is ${behind} messages behind${from}`,
    );
  }

  #made(rows: readonly TopicMessageRow[], hasPlace: boolean): TopicMessage[] {
    const dropped = this.#dropped;
    this.#dropped = 0;
    this.#parts.hub.tell(this.#topic, "delivered", rows.length);
    return rows.map((row, at) => ({
      ...topicMessage(row, hasPlace ? this.#topic : undefined),
      ...(at === 0 && dropped > 0 ? { dropped } : {}),
    }));
  }
}
