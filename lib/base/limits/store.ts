/**
 * Limits of the store and of time itself.
 *
 * @module
 */

import { HOUR_MS, KiB, MiB, MINUTE_MS } from "./units.ts";

/** Limits of `lib/store`, and of timers. */
export const storeLimits = {
  /** The longest key, in characters. */
  maxStoreKeyLength: 512,
  /** How often a compare-and-set is tried before it fails. */
  maxStoreUpdateAttempts: 1_000,
  /** Time that a write waits for the write of another process. */
  storeBusyTimeoutMs: 5_000,
  /** The longest pause before a store that was busy is tried again. */
  maxStoreRetryPauseMs: 20,
  /** Writes that may wait behind one that found the store busy; more are refused. */
  maxStoreWritesWaiting: 1_024,
  /** How long a caller is told to wait when the store was busy for too long. */
  storeRetryAfterMs: 1_000,
  /** Pause between two looks for changes of other processes. */
  storePollMs: 200,
  /** How long a removal is remembered, so that watchers in other processes hear of it. */
  storeTombstoneMs: 1 * HOUR_MS,
  /** The shortest time between two removals of expired entries. */
  storeSweepMs: 1 * MINUTE_MS,

  /** Random bytes that tell one store from all others. */
  storeIdBytes: 16,
  /** Bytes of the key that a store's record is sealed with: AES-256. */
  recordKeyBytes: 32,
  /** The longest first line of a record that is read. */
  recordHeaderBytes: 256,
  /** What is read first from the end of a record; more where its last line is longer. */
  recordTailBytes: 4 * KiB,
  /** How long a change waits for the copies of the record beside the backups. */
  recordCopyTimeoutMs: 1_000,
  /** Copies of the record that a store keeps up to date; the oldest beyond that are left alone. */
  maxRecordCopies: 8,
  /** Digits of a store's id in the name of a copy of its record. */
  recordNameDigits: 12,
  /** A record that has grown by so much is written anew where most of it no longer matters. */
  recordRewriteBytes: 4 * MiB,

  // The store that the servers of a cluster share.
  /** The file of the key of its records, in the data directory. */
  clusterKeyFile: "cluster.key",
  /** Bytes of that key: AES-256. */
  clusterKeyBytes: 32,
  /** The most entries that move into another store at once. */
  maxMovedEntries: 256,
  /** Characters of entries after which no more are moved at once. */
  movedBatchLength: 262_144,
  /** The file, beside it, that says where the servers meet. */
  clusterFile: "cluster.json",
  /** How often a server writes down how much it has read, so that it knows a stream that was cut. */
  clusterSeenMs: 10_000,
  /** Random bytes that tell one program that writes to it from all others. */
  storeWriterBytes: 16,
  /** The most keys of writers that are kept at once. */
  maxStoreWriterKeys: 4_096,
  /** The longest record that is sealed and opened at once; a longer one by a thread of the cipher. */
  maxSealAtOnceBytes: 8_192,
  /** Messages after which one is too old to be taken: whoever sealed it had read so much less. */
  storeReplayMessages: 1_048_576,
  /** The most bytes of one batch. */
  maxStoreBatchBytes: 32 * MiB,
  /** The most bytes of batches that wait to be read back; more are refused. */
  maxStoreWaitingBytes: 64 * MiB,
  /** How long a write is waited for: longer than the election of a leader takes. */
  storeWriteTimeoutMs: 12_000,
  /** How long opening may read nothing: NATS servers that have just started elect leaders first. */
  storeOpenTimeoutMs: 30_000,
  /** How long a question to the NATS servers may take. */
  storeAskTimeoutMs: 5_000,
  /** How long a new consumer is waited for at first; each further attempt takes twice as long. */
  storeConsumerTimeoutMs: 250,
  /** Questions under way to the NATS server that leads the stream, whether it has a message too. */
  storeQuestionsAtOnce: 512,
  /** Messages of a stream that are being removed at once. */
  storeRemovalsAtOnce: 64,
  /** How many NATS servers of a cluster keep the stream. */
  storeReplicas: 3,
  /** How old what is known may be; past that the store refuses everything. */
  maxStoreStalenessMs: 10_000,
  /** How often a server that writes nothing makes sure that it knows everything. */
  storeBeatMs: 1_000,
  /** How often a server says what it understands, also where it writes all the time. */
  storeFormMs: 5_000,
  /** Who has not been heard for so long takes no part: longer than a server serves while it is cut off. */
  storeFormQuietMs: 15_000,
  /** How often it looks at what is under way. */
  storeTickMs: 250,
  /** How long its own messages may not come back before the log is followed anew. */
  storeFollowAgainMs: 2_000,
  /** Messages in the log after which a snapshot is made; more where there are more entries. */
  storeSnapshotMessages: 20_000,
  /** Bytes in the log after which a snapshot is made; more where the entries take more. */
  storeSnapshotBytes: 16 * MiB,
  /** The share of looks at which a server announces a snapshot that is due, so that not all do. */
  storeSnapshotShare: 0.25,
  /** How long a server that announced a snapshot has for it before another one may. */
  storeSnapshotTimeoutMs: 2 * MINUTE_MS,
  /** It has as much longer as the snapshot takes at this many bytes a second. */
  storeSnapshotBytesPerSecond: 4 * MiB,
  /** About what an entry takes in memory beside the characters of its key and value, in bytes. */
  storeEntryBytes: 220,
  /** The share of the memory of V8 that entries may take before no key is added any more. */
  maxStoreHeapShare: 0.6,
  /** The share of it that entries of others may take which a server reads when it starts. */
  maxStoreReadHeapShare: 0.9,
  /** How often a snapshot is read that another one replaces meanwhile. */
  maxStoreSnapshotTries: 5,
  /** The most keys in a row of an order of keys. */
  storeKeyRunLength: 512,
  /** How long an entry that has ended is kept, for servers whose clocks are behind. */
  storeSweepAfterMs: 1 * HOUR_MS,

  // Queues, jobs and topics that the servers of a cluster share.
  /** The file of a server's tables, in the data directory. */
  messagesFile: "cluster-messages.db",
  /** Characters of operations after which no more go into one batch. */
  messageBatchLength: 524_288,
  /** How long nothing may be written before a server writes the time alone, so that delays end in time. */
  messageTimeMs: 5_000,
  /** Messages after which a server notes how far it has read, where none of them changed anything. */
  messageLogNoteCount: 1_000,
  /** Bytes in the log after which a snapshot is made; more where the tables take more. */
  messageSnapshotBytes: 64 * MiB,
  /** What a message counts beside its bytes when a snapshot is due. */
  messageLogOverheadBytes: 200,
  /** The most bytes of messages of which there is no snapshot; more are refused. */
  maxMessageLogBytes: 4 * 1024 * MiB,

  /** How many entries of a store in memory each write looks at, whether they have expired. */
  storeSweepEntries: 4,

  /** The longest delay of a runtime timer; the runtime fires a timer with a longer one at once. */
  maxTimerMs: 2 ** 31 - 1,
  /** Timers that waits of the same length share, one for each length. */
  maxSharedTimers: 64,

  // Files.
  /** A temporary file that has not changed for so long was left behind by a process that was killed. */
  temporaryFileLifeMs: 60 * MINUTE_MS,
  /** When a caller should try again that met a disk which was full or failed. */
  diskRetryAfterMs: 5_000,
} as const;
