/**
 * How queues of a store are kept.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import type { QueueEvent } from "./tables/transaction.ts";
import type { TopicListener } from "./topic_feeds/hub.ts";

/** Writes down what is done to queues and topics as a whole, before it is done. */
export interface QueueAudit {
  /**
   * Writes one record.
   *
   * @param event What happens: `queue.purged` …, to which queue or topic, and by whom.
   */
  record(event: {
    readonly kind: string;
    readonly by: string;
    readonly about: string;
    readonly data?: Readonly<Record<string, string | number | boolean>>;
  }): Promise<void>;
}

/** How queues are kept. */
export interface EmbeddedQueuesOptions {
  /** Where the time comes from. @default {systemClock} */
  readonly clock?: Clock | undefined;
  /** Gives numbers from 0 to 1, which spread what is tried again. @default {Math.random} */
  readonly random?: (() => number) | undefined;
  /** Gives bytes that nobody can guess, for leases. @default {crypto.getRandomValues} */
  readonly randomBytes?: ((length: number) => Uint8Array) | undefined;
  /** How often to look for messages of other processes while somebody waits, in milliseconds. @default {100} */
  readonly pollMs?: number | undefined;
  /** The name by which this program itself puts and takes. @default {"server"} */
  readonly name?: string | undefined;
  /** Writes down what is done to queues as a whole. @default {nobody} */
  readonly audit?: QueueAudit | undefined;
  /** Hears what happened to messages, once it is on disk: the queue, the event, and how often. */
  readonly onEvent?: ((queue: string, event: QueueEvent, count: number) => void) | undefined;
  /** Hears what happened to messages of topics: the topic, the event, and how often. */
  readonly onTopicEvent?: TopicListener | undefined;
}
