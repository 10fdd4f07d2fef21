/**
 * What can be done with topics, whatever keeps them: the store of this process, a server at the other
 * end of a connection, or a cluster. The wire has a method for each (`rpc.topic.publish` …).
 *
 * @module
 */

import type { NackOptions, NackResult } from "../queue/operations.ts";
import type { TopicSettings } from "./settings.ts";

/** A message to be published. */
export interface NewTopicMessage {
  /** What it says. */
  readonly value: unknown;
  /**
   * The name that it is published by, of the same topic as the others of its batch.
   *
   * @default {the name that the batch is published by}
   */
  readonly topic?: string | undefined;
  /** Names the message: a second one with this id is not published for as long as it is remembered. */
  readonly id?: string | undefined;
}

/** What became of a message that was published. */
export interface PublishReceipt {
  /**
   * Its place in the topic; of one that is a duplicate, the place of the first. A topic that keeps
   * nothing has no places.
   */
  readonly cursor?: string;
  /** Whether a message with this id was published before, so that this one was not. */
  readonly isDuplicate: boolean;
}

/**
 * What becomes of a subscriber who reads more slowly than others publish. `wait`: it gets all that is
 * kept, however late. `drop`: it gets the newest, and a count of those that it did not get. `cut`: its
 * subscription ends with `resource_exhausted`.
 */
export type WhenSlow = "wait" | "drop" | "cut";

/** What is subscribed to. */
export interface SubscribeOptions {
  /**
   * Where to begin: behind the message that has a cursor, at a time (in milliseconds since the epoch),
   * or at the `"first"` message that is kept. A group that is there already goes on where it is.
   *
   * @default {messages that are published from now on}
   */
  readonly from?: string | number | undefined;
  /** Whether to begin with the last message of each name. With `from` it does nothing. @default {false} */
  readonly last?: boolean | undefined;
  /**
   * A group whose members share the messages: each goes to one of them, who acknowledges it. The
   * group's place is on the disk. It is made by its first member.
   */
  readonly group?: string | undefined;
  /** How many messages a member of a group may have that it has not answered. @default {1} */
  readonly prefetch?: number | undefined;
  /** How long a message belongs to a member of a group, in milliseconds. @default {30_000} */
  readonly leaseMs?: number | undefined;
  /** What becomes of a slow reader. @default {`wait`; in topics that keep nothing, `drop`} */
  readonly whenSlow?: WhenSlow | undefined;
  /** How many messages of the topic a reader may be behind before it is slow. @default {1_000} */
  readonly maxBehind?: number | undefined;
  /**
   * Whether the first item is the place where the subscription begins, `{ cursor }` without a message,
   * so that a reader who is cut off before the first message goes on from there. With `last` it comes
   * behind the last messages. A topic that keeps nothing has no place. @default {false}
   */
  readonly place?: boolean | undefined;
  /** Ends the subscription in order after so long, in milliseconds. @default {it does not end} */
  readonly endsInMs?: number | undefined;
  /** Ends the subscription. */
  readonly signal?: AbortSignal | undefined;
}

/** Where a subscription that has ended in order goes on. */
export interface TopicPlace {
  /** The `from` of the next one. A topic that keeps nothing has no places, and a group knows its own. */
  readonly cursor?: string;
}

/** A message as a subscriber gets it. */
export interface TopicMessage {
  /** The name that it was published by. */
  readonly topic: string;
  /** Its place in the topic, where that keeps messages: a later subscription begins behind it. */
  readonly cursor?: string;
  /** Its id, where it was published with one. */
  readonly id?: string;
  /** What it says. */
  readonly value: unknown;
  /** When it was published, in milliseconds since the epoch. */
  readonly publishedAtMs: number;
  /** The name of the publisher. */
  readonly publishedBy: string;
  /** How many messages of the topic this subscriber was too slow for, right before this one. */
  readonly dropped?: number;
  /** What a member of a group answers it with. */
  readonly lease?: string;
  /** How long it belongs to that member, in milliseconds from when it was given. */
  readonly leaseMs?: number;
  /** How often the group was given it, this time included. */
  readonly tries?: number;
}

/** Messages as they are published, until the reader leaves. */
export interface TopicFeed
  extends AsyncIterableIterator<TopicMessage, TopicPlace | undefined, undefined> {
  /** Leaves: a member's messages that it has not answered go to others. */
  return(value?: unknown): Promise<IteratorResult<TopicMessage, undefined>>;
}

/** How a member of a group gives a message back. */
export type TopicNackOptions = Pick<NackOptions, "delayMs" | "dead">;

/** A group as it stands. */
export interface GroupState {
  /** Its name. */
  readonly name: string;
  /** Which names it gets. */
  readonly pattern: string;
  /** All messages up to here are done. It never goes back. */
  readonly cursor: string;
  /** How many messages of the topic are behind that place. */
  readonly behind: number;
  /** How many messages members have that they have not answered, or that wait for another try. */
  readonly open: number;
  /** How many were removed before the group was given them. */
  readonly missed: number;
  /** How many were given up after their last try. */
  readonly givenUp: number;
}

/** A topic as it stands. */
export interface TopicState {
  /** Its name. */
  readonly name: string;
  /** How many messages are kept. */
  readonly messages: number;
  /** How many bytes of them. */
  readonly bytes: number;
  /** The place of the last message. */
  readonly cursor: string;
  /** When the oldest message that is kept was published, in milliseconds since the epoch. */
  readonly oldestAtMs?: number;
  /** When the last message was published, in milliseconds since the epoch. */
  readonly publishedAtMs?: number;
  /** How it works. */
  readonly settings: TopicSettings;
  /** Its groups. */
  readonly groups: readonly GroupState[];
}

/** What can be done with topics. Each fails with a `DariError`; what was acknowledged is on disk. */
export interface TopicOperations {
  /**
   * Publishes messages: all or none. A topic is made with its first message.
   *
   * @param topic The name that they are published by, unless they say another one.
   * @throws {DariError} `invalid_params`; `resource_exhausted` when the disk is full, there are too many
   * topics, or a message is too large.
   */
  publish(topic: string, messages: readonly NewTopicMessage[]): Promise<PublishReceipt[]>;
  /**
   * Reads messages as they are published.
   *
   * @param pattern The names.
   * @throws {DariError} While it is read: `invalid_params`, `failed_precondition` for messages that were
   * removed, `resource_exhausted` for a reader who is too slow, or too many readers.
   */
  subscribe(pattern: string, options?: SubscribeOptions): TopicFeed;
  /**
   * Says that a member of a group has done a message.
   *
   * @throws {DariError} `failed_precondition` when the lease has ended, or is somebody else's.
   */
  ack(topic: string, group: string, lease: string): Promise<void>;
  /** Gives a message back: the group is given it again, or it is given up. Fails as `ack` does. */
  nack(
    topic: string,
    group: string,
    lease: string,
    options?: TopicNackOptions,
  ): Promise<NackResult>;
  /** Lets the lease of a message begin anew. Fails as `ack` does. */
  extend(
    topic: string,
    group: string,
    lease: string,
    leaseMs?: number,
  ): Promise<{ readonly endsAtMs: number }>;
  /** Looks at a topic. @throws {DariError} `not_found` where there is none of the name. */
  show(topic: string): Promise<TopicState>;
  /** Looks at all topics that the caller may look at, in the order of their names. */
  list(): Promise<TopicState[]>;
  /** Changes settings; a topic that does not exist is made. */
  configure(topic: string, settings: Partial<TopicSettings>): Promise<TopicState>;
  /** Removes all messages that are kept. Groups and places stay. */
  purge(topic: string): Promise<{ readonly removed: number }>;
  /** Removes a group with its place. @throws {DariError} `not_found` where there is none. */
  forget(topic: string, group: string): Promise<void>;
}
