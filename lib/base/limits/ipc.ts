/**
 * Limits of pipes, queues, shared memory and worker pools.
 *
 * @module
 */

import { KiB, MiB } from "./units.ts";

/** Limits of `lib/ipc`. */
export const ipcLimits = {
  // Pipes, rings and queues.
  /** The room for messages of a ring, or of one direction of a pipe. */
  ringBytes: 1 * MiB,
  /** The smallest room that a ring or a queue may be given. */
  minRingBytes: 1 * KiB,
  /** The largest room that a ring may be given: the length of a message has 28 bits. */
  maxRingBytes: 256 * MiB,
  /** The room for messages of a queue. */
  queueBytes: 4 * MiB,
  /** The most messages that may wait in a queue. */
  queueItems: 64 * KiB,
  /** The largest number of messages that a queue may be given: its counter has 31 bits. */
  maxQueueItems: 2 ** 31 - 1,
  /** The longest message of a pipe, of a worker's call and of a worker's result. */
  maxMessageBytes: 16 * MiB,
  /** The most characters of lines that a connection over a pipe hands on together. */
  maxPipeChunkLength: 256 * KiB,
  /** Longer messages are encoded in memory of their own instead of memory that is used again. */
  maxScratchBytes: 64 * KiB,
  /** The memory that is used again for encoding, at first. */
  initialScratchBytes: 4 * KiB,
  /** Short messages that were read lie side by side in buffers of this size. */
  copyPoolBytes: 16 * KiB,
  /** Messages that were read and are longer get a buffer of their own. */
  maxPooledCopyBytes: 1 * KiB,

  // Waiting for another thread.
  /** Time that a waiting thread spins before it sleeps. */
  spinMs: 0.03,
  /** The part of that time, at its beginning, in which it blocks its event loop. */
  spinBlockingMs: 0.01,
  /** The most waits in a row that do not spin, after spins in vain. */
  spinSkips: 1_023,
  /** The most pauses, of some 30 ns each, between two looks. */
  maxSpinPauses: 32,
  /** Tries to take a queue's lock, of some 30 ns each, before the thread waits for it. */
  maxLockTries: 64,
  /** The longest time that a loop over memory keeps the event loop from its turn. */
  turnMs: 0.2,
  /** The event loop looks at the sockets after so many turns at the latest. */
  turnsUntilSockets: 61,
  /** Such a loop reads the clock once in this many rounds. */
  roundsPerClockRead: 32,
  /** How often a writer that waits for room looks itself; it is woken when half is free. */
  roomPollMs: 5,
  /** A reader that waits for another's unfinished write looks again after this time. */
  stallSliceMs: 50,
  /** After this many such looks without a change, the writer counts as dead. */
  stallSlices: 40,

  // Connections whose bytes move into memory that both ends share.
  /** The room of each of its two rings. */
  segmentRingBytes: 1 * MiB,
  /** The smallest and the largest room that a ring of the other side may have. */
  minSegmentRingBytes: 4 * KiB,
  maxSegmentRingBytes: 16 * MiB,
  /** The most bytes that one process gives to the memory of all its connections. */
  maxSegmentBytes: 256 * MiB,
  /** The longest part of what is sent that is put into a ring at once. */
  segmentPartBytes: 256 * KiB,
  /**
   * A connection moves after it has been read from so often: memory does not pay for a single call. While
   * looking does not pay for the thread, only reads of `minMemoryWriteBytes` count.
   */
  readsBeforeSharing: 16,
  /** A side whose last waits, so many, began without a look is sent to over the socket again. */
  sleepsBeforeSocket: 4,
  /** Writes of so much go through memory also where the reader sleeps: what they save is more. */
  minMemoryWriteBytes: 16 * KiB,
  /** So many shorter ones may follow a long one there: its calls and replies have short lines too. */
  maxShortMemoryWrites: 4,
  /** Time that a side spins before it sleeps: the other one, asleep, answers within less. */
  segmentSpinMs: 0.08,
  /** The most waits in a row that do not spin, after spins in vain. */
  segmentSpinSkips: 1_023,
  /** Looking pays while no more connections than so many send to a thread by turns. */
  maxLookoutConnections: 4,
  /** It stops after so many more reads that tell of a crowd than others, and goes on likewise. */
  readsOfCrowd: 64,
  /** Who gives up its core for longer than this has shared it with another process. */
  spinRelinquishedMs: 0.005,
  /** What a look saves that finds something: being woken takes this long. */
  lookoutGainMs: 0.02,
  /** The most time saved that is set against time lost later. */
  maxLookoutSavedMs: 5,
  /** Looking stops where it has lost so much more than it has saved: a few turns of other programs. */
  maxLookoutLostMs: 10,
  /** For how long it stops; for twice as long the next time, up to the most. */
  minLookoutRestMs: 16,
  maxLookoutRestMs: 4_096,
  /**
   * A thread that has waited for a core for more than this share of its time begins with a rest. It is
   * 0.01 to 0.24 on free cores, and 0.28 to 0.82 where both of two are busy.
   */
  maxLookoutWaitedShare: 0.25,
  /**
   * The length of that rest, and of each part by which one of so much goes on that ends while no core
   * is free. The system counts in hundredths of a second.
   */
  checkedLookoutRestMs: 64,
  /**
   * Such a rest ends where so many cores, in the mean, were idle or at work for the two sides. That is
   * up to 2 where nobody else computes, and 1 where one of two cores is busy.
   */
  minLookoutCores: 1.25,
  /**
   * The most waits that one thread looks for at once, beside those that would look by themselves, and
   * the most sleeping ones that it looks after meanwhile.
   */
  maxLookoutWaiting: 256,
  /** Looks that found something, until the event loop gets a turn. */
  lookoutRoundsPerTurn: 16,
  /** Looks that find nothing, until the clock is read. */
  looksPerClockRead: 16,
  /** The bytes of one read of doorbells. */
  doorbellReadBytes: 256,
  /** The most doorbells without a message between them. */
  maxIdleDoorbells: 4_096,

  // Shared memory between processes.
  /** The fewest bytes of one shared memory. */
  minSharedMemoryBytes: 16,
  /** The most bytes of one shared memory. */
  maxSharedMemoryBytes: 2 ** 31,
  /** For this long after a change, memory of another process is looked at in each event-loop turn. */
  turnPollMs: 0.3,
  /** Until so long after it, it is looked at after naps: the other side may need this core to answer. */
  eagerPollMs: 2,
  /** The length of a nap, to which the system adds some 100 µs. */
  napUs: 10,
  /** After that, the first pause between two looks. */
  pollMs: 1,
  /** The longest pause between two looks. */
  maxPollMs: 20,
  /** Time that a child process has to connect to its parent's socket. */
  childConnectTimeoutMs: 10_000,
  /** Time that a child process has to end after it was told to. */
  childGraceMs: 2_000,

  // One pool of workers.
  /** Calls that may wait for a worker. */
  poolQueueLength: 10_000,
  /** Calls that are handed to the workers ahead of their turn, for each worker. */
  poolPrefetch: 16,
  /** Time that a call has to stop by itself after it was cancelled or its deadline has passed. */
  poolGraceMs: 100,
  /** How long after the end of a call's time, at most, the watchdog stops a method that loops. */
  poolWatchdogSlackMs: 500,
  /** After this time without a call, a pool does not keep the program alive any more. */
  poolIdleMs: 50,
  /** Time that a worker that is being ended waits for room, to give back a call that it took. */
  poolGiveBackMs: 100,
  /** How long a worker runs calls, and waits for the next, until its event loop gets a turn. */
  poolBatchMs: 10,
  /** Longer params go to the worker that runs the call instead of through the shared queue. */
  poolInlineBytes: 64 * KiB,
  /** The longest method name that a pool takes, in bytes of UTF-8. */
  maxPoolMethodBytes: 4 * KiB,
  /** The most bytes that travel with a call to a worker, for the calls that its method makes. */
  maxPoolCarriedBytes: 2 * KiB,
  /** An error message shows at most this many characters of a worker module's name. */
  poolModuleShownLength: 200,
  /** Time that a worker has to load its module. */
  workerStartTimeoutMs: 30_000,
  /** A pool gives up after this many workers for each place have died while starting. */
  maxWorkerStartFailures: 3,
} as const;
