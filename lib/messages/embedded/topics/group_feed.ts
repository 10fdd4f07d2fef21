/**
 * What a member of a group is given.
 *
 * @module
 */

import { DariError, TransportError } from "../../../base/errors.ts";
import type { AnsweredItems } from "../../../rpc/stream/item_pump.ts";
import type { SqliteStore } from "../../../store/store.ts";
import type { GroupLine } from "../topic_feeds/group_line.ts";
import type { TopicHub } from "../topic_feeds/hub.ts";
import { type Delivery, groupOutlook } from "../topic_tables/deliveries.ts";
import { heldCount, type Membership } from "../topic_tables/groups.ts";
import type { MessageWriter } from "../../operation/writer.ts";
import { topicOfName } from "../../topic/names.ts";
import type { TopicMessage, TopicPlace } from "../../topic/operations.ts";
import type { Beginning } from "../../topic/params.ts";
import { Feed, type FeedSignals } from "../../topic/feed.ts";
import { topicMessage } from "./topic_message.ts";

/** What a member works with. */
export interface GroupFeedParts extends FeedSignals {
  readonly store: Pick<SqliteStore, "query">;
  readonly writer: MessageWriter;
  readonly hub: TopicHub;
  /** The time of leases, in milliseconds since the epoch. */
  readonly now: () => number;
  /** Throws once the member may not read any more. */
  readonly check: (() => void) | undefined;
}

/** Shares the messages of a topic with the other members of a group. */
export class GroupFeed extends Feed implements AnsweredItems {
  readonly #parts: GroupFeedParts;
  readonly #membership: Membership;
  readonly #line: GroupLine;
  readonly #release: () => void;
  readonly #joined: Promise<void>;
  /** Whether the member can answer nothing any more. */
  #isMute = false;

  /**
   * Joins a group.
   *
   * @param parts The store, and the lines of groups.
   * @param asked Which names, and where a group begins that is made.
   * @param membership The member, and how much it is given.
   */
  constructor(
    parts: GroupFeedParts,
    asked: { readonly pattern: string; readonly beginning: Exclude<Beginning, { kind: "last" }> },
    membership: Omit<Membership, "topic">,
  ) {
    super(parts);
    const topic = topicOfName(asked.pattern);
    this.#parts = parts;
    this.#membership = { ...membership, topic };
    const { line, release } = parts.hub.join(topic, membership.group);
    this.#line = line;
    this.#release = release;
    const joined = { topic, group: membership.group, ...asked };
    this.#joined = parts.writer.write("topic.join", membership.holder, joined);
    this.#joined.catch(() => {}); // the first pull says it
  }

  protected override async place(): Promise<TopicPlace> {
    await this.#joined;
    return {};
  }

  /** A member whose input ended cannot acknowledge: most often it is a process that was killed. */
  inputEnded(): void {
    this.#isMute = true;
    this.fail(new DariError("cancelled", "A member of a group that ends its input cannot answer"));
  }

  protected override async more(): Promise<readonly TopicMessage[]> {
    await this.#joined;
    const { writer, check } = this.#parts;
    const { holder, ...member } = this.#membership;
    for (;;) {
      check?.();
      if (!await this.#mayTake()) continue;
      let given: readonly Delivery[] = [];
      try {
        const asked = { ...member, scanned: this.#line.scanned };
        given = await writer.write("topic.deliver", holder, asked);
        this.#line.spread.note(given.length > 0);
      } finally {
        // There may be more for another one; and where there is no group any more, it hears of it.
        this.#line.wake(1);
      }
      if (given.length > 0) return given.map((each) => this.#made(each));
      this.signal.throwIfAborted();
    }
  }

  protected override async leave(): Promise<void> {
    this.#release();
    await this.#joined.catch(() => {});
    // A member that leaves in order has not failed; behind a broken connection it may have died.
    const isLost = this.#isMute || this.#parts.signal?.reason instanceof TransportError;
    const { topic, group, member, holder } = this.#membership;
    await this.#parts.writer.write("topic.leave", holder, { topic, group, member, isLost });
  }

  /** Whether there may be a message; false once it has to be looked again. */
  async #mayTake(): Promise<boolean> {
    const { store, now } = this.#parts;
    const { topic, group, member, prefetch } = this.#membership;
    const line = this.#line;
    const { isFull, canTake, scanned } = await store.query((sql) => ({
      isFull: heldCount(sql, this.#membership) >= prefetch,
      ...groupOutlook(sql, topic, group, { now: now(), scanned: line.scanned }),
    }));
    if (isFull) {
      await line.waitFull(member, this.signal);
      return false;
    }
    if (canTake) return true;
    line.scanned = Math.max(line.scanned, scanned);
    await line.wait(this.signal);
    return false;
  }

  #made({ row, lease, leaseMs, tries }: Delivery): TopicMessage {
    return { ...topicMessage(row, this.#membership.topic), lease, leaseMs, tries };
  }
}
