/**
 * What embedded queues are made of, for the jobs and topics on top of them and for nobody else.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import type { SqliteStore } from "../../store/store.ts";
import type { MessageWriter } from "../operation/writer.ts";
import type { QueueAudit } from "./embedded_options.ts";
import type { Spread } from "../operation/spread.ts";
import type { MessageClock } from "./steady_clock.ts";
import type { Taking } from "./taking.ts";
import type { TopicHub } from "./topic_feeds/hub.ts";

/** The parts of embedded queues. */
export interface EmbeddedParts {
  readonly store: SqliteStore;
  readonly writer: MessageWriter;
  readonly taking: Taking;
  /** Wakes the readers of topics. */
  readonly hub: TopicHub;
  readonly clock: Clock;
  readonly steady: MessageClock;
  /** Makes what keeps servers apart that want the same. */
  readonly newSpread: () => Spread;
  readonly pollMs: number;
  readonly audit: QueueAudit | undefined;
  /** Gives bytes that nobody can guess. */
  readonly randomBytes: (length: number) => Uint8Array;
  /** The name by which this process takes. */
  readonly name: string;
  /** Ends all waits. */
  readonly ended: AbortSignal;
  /** Hear of jobs that have ended in this process, by their numbers. */
  readonly endListeners: Set<(jobs: ReadonlySet<number>) => void>;
}

const known = new WeakMap<object, EmbeddedParts>();

/**
 * Notes the parts of queues.
 *
 * @param queues The queues.
 * @param parts Their parts.
 */
export function noteParts(queues: object, parts: EmbeddedParts): void {
  known.set(queues, parts);
}

/**
 * The parts of queues.
 *
 * @param queues The queues.
 * @throws {TypeError} For queues that are no embedded ones.
 */
export function partsOf(queues: object): EmbeddedParts {
  const parts = known.get(queues);
  if (parts !== undefined) return parts;
  throw new TypeError("Jobs and topics need the queues of a store: pass an EmbeddedQueues");
}
