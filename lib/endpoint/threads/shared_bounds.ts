/**
 * The bounds that the threads of one server keep together: connections, sign-ins, memory.
 *
 * @module
 */

import type { IdentityOptions } from "../../auth/mod.ts";
import {
  ThreadPeerCounts,
  type ThreadPeerMemory,
} from "../../auth/sign_in/peers/thread_peer_counts.ts";
import { type Clock, systemClock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import { ThreadCounts } from "../../base/threads/thread_counts.ts";
import { ThreadBuckets } from "../../base/threads/thread_buckets.ts";
import { ThreadBytes, ThreadLevel } from "../../base/threads/thread_level.ts";
import type { SharedBounds } from "../../rpc/server/server_options.ts";
import { processBudget } from "../../transport/shared_budget.ts";

/** The memory of the bounds. It may be sent to threads. */
export interface BoundsMemory {
  /** How many threads there are, the main one included. */
  readonly threads: number;
  /** The connections that are open. */
  readonly connections: SharedArrayBuffer;
  /** The bytes of replies that are owed. */
  readonly replies: SharedArrayBuffer;
  /** The bytes that wait in connections. */
  readonly waiting: SharedArrayBuffer;
  /** The sign-ins of peers. */
  readonly peers: ThreadPeerMemory;
  /** The calls of limited callers. */
  readonly buckets: SharedArrayBuffer;
}

/**
 * Allocates the memory.
 *
 * @param threads How many threads there are, the main one included.
 * @param maxConnections The most connections of all of them.
 */
export function allocateBounds(threads: number, maxConnections: number): BoundsMemory {
  const hosts = Math.min(maxConnections, limits.maxHostsCounted);
  return {
    threads,
    connections: ThreadCounts.allocate(hosts, threads),
    replies: ThreadLevel.allocate(threads),
    waiting: ThreadLevel.allocate(threads),
    peers: ThreadPeerCounts.allocate(threads),
    buckets: ThreadBuckets.allocate(limits.maxCallersCounted),
  };
}

/** The bounds, as one thread keeps them. */
export interface ThreadBounds extends SharedBounds, Disposable {
  /** The connections that are open. */
  readonly connections: ThreadCounts;
  /** The bytes of replies that are owed. */
  readonly replyBytes: ThreadBytes;
  /** The time, whose monotonic part is the same in all threads. */
  readonly clock: Clock;
  /** What sign-ins and limits of callers are counted with, and how many derivations may run here. */
  readonly identity: Required<
    Pick<IdentityOptions, "peerCounts" | "openBuckets" | "derivations">
  >;
  /** Takes out what a thread counted that has ended. */
  forget(thread: number): void;
}

/**
 * Opens the bounds in a thread. What waits in its connections counts for all threads from now on,
 * until the bounds are disposed of.
 *
 * @param memory The memory.
 * @param thread The number of this thread, 0 for the main one.
 * @param clock The time, whose monotonic part is the same in all threads.
 */
export function openBounds(
  memory: BoundsMemory,
  thread: number,
  clock: Clock = systemClock,
): ThreadBounds {
  const { threads } = memory;
  const unit = limits.threadBytesUnit;
  const connections = new ThreadCounts(memory.connections, threads, thread);
  const replies = new ThreadLevel(memory.replies, thread, unit);
  const waiting = new ThreadLevel(memory.waiting, thread, unit);
  const peerCounts = new ThreadPeerCounts(memory.peers, threads, thread, clock);
  const leaveBudget = processBudget.join(waiting);
  return {
    connections,
    replyBytes: new ThreadBytes(limits.maxServerReplyBytes, replies),
    clock,
    identity: {
      peerCounts,
      openBuckets: (name, rule) => new ThreadBuckets(memory.buckets, thread, name, rule),
      derivations: {
        running: Math.ceil(navigator.hardwareConcurrency / threads),
        waiting: Math.ceil(limits.maxDerivationsWaiting / threads),
      },
    },
    forget(ended) {
      connections.forget(ended);
      replies.forget(ended);
      waiting.forget(ended);
      peerCounts.forget(ended);
    },
    [Symbol.dispose]: leaveBudget,
  };
}

/**
 * A clock that shows the monotonic time of another thread.
 *
 * @param theirsMs What it showed there a moment ago, in milliseconds.
 * @param own The clock of this thread.
 */
export function clockLike(theirsMs: number, own: Clock = systemClock): Clock {
  const aheadMs = theirsMs - own.monotonic();
  return { now: () => own.now(), monotonic: () => own.monotonic() + aheadMs };
}
