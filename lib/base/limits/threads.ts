/**
 * Limits of a server that several threads serve.
 *
 * @module
 */

import { KiB, MINUTE_MS } from "./units.ts";

/** Limits of `lib/base/threads`, `lib/endpoint/threads` and `lib/cli/threads`. */
export const threadLimits = {
  /** How long the main thread waits for the other threads' answers to an administrator's question. */
  threadAnswerMs: 500,
  /** The most threads that serve the ports of one server. */
  maxServingThreads: 256,
  /** Descriptors that connections leave to the files and listeners of each thread. */
  threadDescriptors: 16,
  /** How many rows of a table that threads share are looked at for one name. */
  threadTableProbes: 64,
  /** How long a thread waits for a lock of shared memory before it looks whether it is free. */
  threadLockWaitMs: 10,
  /** The unit of moments in shared memory, where 32 bits of milliseconds would be too few. */
  threadMomentMs: 100,
  /** Moments of shared buckets are seconds, and a fraction of one counted in so many parts. */
  threadSecondParts: 2 ** 30,
  /** The most peers whose sign-ins of this moment are counted for all threads together. */
  maxPeersChecked: 4_096,
  /** The most hosts whose connections are counted for all threads together. */
  maxHostsCounted: 65_536,
  /** A sign-in that waits for those of the same peer in other threads looks again after this. */
  peerTurnPauseMs: 50,
  /** Bytes that threads tell each other of are rounded up to a multiple of this. */
  threadBytesUnit: 1 * KiB,
  /** Time for a thread to load the methods and to listen. */
  threadStartTimeoutMs: 60_000,
  /** The pause before a thread that died is started again; it doubles while it dies soon. */
  threadRestartPauseMs: 100,
  /** The longest such pause. */
  maxThreadRestartPauseMs: 30_000,
  /** A thread that lived this long is started again without a pause. */
  threadHealthyMs: 1 * MINUTE_MS,
  /** What a thread may take to stop beyond the time of its running calls. */
  threadStopGraceMs: 5_000,
  /** How often a thread reports to the main thread: that it lives, and its metrics. */
  threadReportMs: 1_000,
  /** A thread that misses so many reports in a row is said not to answer. */
  maxThreadReportsMissed: 10,
} as const;
