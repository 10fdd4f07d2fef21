/**
 * Limits of messages that last.
 *
 * @module
 */

import { DAY_MS, HOUR_MS, KiB, MiB, MINUTE_MS } from "./units.ts";

/** Limits of `lib/messages`. */
export const messageLimits = {
  // Queues.
  /** The most queues of a store. */
  maxQueues: 1_000,
  /** The longest name of a queue, in characters. */
  maxQueueNameLength: 128,
  /** How much of a name that is refused its error shows, in characters. */
  shownNameLength: 60,
  /** The longest id and the longest key of a message, in characters. */
  maxMessageIdLength: 256,
  /** The longest reason that is kept with a message, in characters. */
  maxMessageReasonLength: 1_000,
  /** The most bytes of one message's value. */
  maxQueueMessageBytes: 1 * MiB,
  /** The most messages of one put, one take, one page of dead letters and one replay. */
  maxMessageBatch: 1_000,
  /** The most bytes of the messages that one take gives; the first one is always given. */
  maxTakeBytes: 4 * MiB,
  /** Levels of nesting that params and results keep for themselves around a message's value. */
  messageNesting: 5,
  /** The highest priority. */
  maxMessagePriority: 9,
  /** The longest delay of a message. */
  maxMessageDelayMs: 366 * DAY_MS,
  /** The longest lease, and the longest pause between two tries. */
  maxLeaseMs: 12 * HOUR_MS,
  /** The most tries, messages at work and takes in a period that a queue can be set to. */
  maxQueueSetting: 1_000_000,
  /** The longest age that a queue can be set to keep messages, dead letters and ids. */
  maxMessageAgeMs: 3_660 * DAY_MS,

  // What a queue does unless it is set otherwise.
  /** How long a taken message belongs to whoever took it. */
  leaseMs: 30_000,
  /** How often a message is tried before it is a dead letter. */
  maxTries: 5,
  /** The pause after the first try that failed; it doubles with each. */
  queueBackoffMs: 1_000,
  /** The longest pause between two tries. */
  maxQueueBackoffMs: 1 * HOUR_MS,
  /** The most bytes of the messages that wait in a queue. */
  maxQueueBytes: 1024 * MiB,
  /** The most bytes of a queue's dead letters; the oldest beyond that are removed. */
  maxDeadBytes: 256 * MiB,
  /** How long dead letters are kept. */
  deadLetterAgeMs: 14 * DAY_MS,
  /** How long an id is remembered after its message is done. */
  messageIdMs: 10 * MINUTE_MS,

  // How queues work.
  /** The most callers that wait for messages, in one thread. */
  maxWaitingTakers: 10_000,
  /** The most bytes of messages that wait for the next write to the disk, in one thread. */
  maxPendingPutBytes: 64 * MiB,
  /** The most requests that wait for the next write to the disk, in one thread. */
  maxPendingRequests: 100_000,
  /** The most requests that one write to the disk carries out. */
  maxQueueGroup: 1_024,
  /** So many requests are written without a look whether more have arrived, where the last had no more. */
  minWholeGroup: 16,
  /** Before one write of so many there is such a look nevertheless. */
  wholeGroupsUntilLook: 16,
  /** How many ready messages a transaction reads ahead of its takes. */
  maxTakesAhead: 64,
  /** Pause between two looks for messages of other processes, while somebody waits. */
  queuePollMs: 100,
  /** The longest pause before asking for what another server of a cluster has put. */
  maxTakeSpreadMs: 50,
  /** The pause of whoever came too late once. */
  takeSpreadStepMs: 2,
  /** How many messages that are due or too old each request moves at most. */
  queueMoveCount: 200,
  /** How many messages one step of a purge removes. */
  purgeStepCount: 500,
  /** Time that a take leaves for its answer before the deadline of its call. */
  takeMarginMs: 250,
  /** Random bytes of a lease. */
  leaseBytes: 12,
  /** How often the depth of the queues is read for the metrics. */
  queueDepthEveryMs: 5_000,
  /** How much of its lease a worker lets pass before it extends it. */
  leaseExtendShare: 0.5,
  /** Messages that a worker handles at once unless it is told otherwise. */
  workerConcurrency: 1,
  /** Pause of a worker that could not take a message; it doubles with each time. */
  workerRetryMs: 1_000,
  /** The longest such pause. */
  maxWorkerRetryMs: 30_000,
  /** How long a worker waits for a message before it asks anew. */
  workerWaitMs: 20_000,
  /** Dead letters, and jobs, on one page of a list. */
  deadLetterPage: 100,

  // Queues, jobs and topics that several servers have together.
  /** How far the time of leases may go ahead of the log's clock, over all of the log. */
  maxLogLeadMs: 5_000,
  /** How far the wall time that servers share may be from that of their clocks before it is set. */
  logTimeToleranceMs: 1_000,
  /** Random bytes that the chance of a batch is drawn from. */
  batchSeedBytes: 32,
  /** The most bytes of what one request writes into the log. */
  maxOperationBytes: 16 * MiB,
  /** How often a program's transaction is tried while others change what it looked at. */
  maxWriteTries: 16,

  // Jobs.
  /** How often a job is tried again. */
  jobRetries: 4,
  /** How long one try of a job may take. */
  jobTimeoutMs: 1 * HOUR_MS,
  /** The longest time that a method may give a try of its job, or the pause behind the first one. */
  maxJobTimeoutMs: 24 * HOUR_MS,
  /** How long the result of a job is kept. */
  jobKeepMs: 1 * DAY_MS,
  /** The most steps of a job that are remembered. */
  maxJobSteps: 1_000,
  /** The longest name of a step, in characters. */
  maxJobStepNameLength: 128,

  // Schedules of jobs.
  /** The most schedules of a store, and of one method. */
  maxSchedules: 10_000,
  /** The longest cron pattern, in characters. */
  maxCronLength: 256,
  /** The longest name of a schedule, in characters. */
  maxScheduleNameLength: 128,
  /** The most bytes of the params of a schedule. */
  maxScheduleParamsBytes: 64 * KiB,
  /** The shortest time from one run of an interval to the next. */
  minScheduleEveryMs: 1_000,
  /** The longest such time. */
  maxScheduleEveryMs: 366 * DAY_MS,
  /** How late a run may be before its time counts as missed. */
  scheduleGraceMs: 1 * MINUTE_MS,
  /** The most runs that are made up for where all that were missed are wanted. */
  maxMissedRuns: 100,
  /** A clock that is set back by more than this was wrong before: times are counted from its new time. */
  maxClockBackMs: 3 * HOUR_MS,
  /** The clock was set back where it loses more than this against the time that has passed. */
  clockStepMs: 1_000,
  /** Looks for messages of other processes in the time of one look for their schedules. */
  pollsPerScheduleLook: 10,
  /** How many schedules that are due one write to the disk carries out. */
  maxSchedulesAtOnce: 100,

  // Topics.
  /** The most topics of a store. */
  maxTopics: 1_000,
  /** The longest name of a topic with its parts, and the longest pattern, in characters. */
  maxTopicNameLength: 256,
  /** The most parts of such a name. */
  maxTopicParts: 16,
  /** How many messages a topic keeps unless it is set otherwise. */
  topicMessages: 1_000_000,
  /** How many bytes of messages a topic keeps unless it is set otherwise. */
  topicBytes: 256 * MiB,
  /** How long a topic keeps messages unless it is set otherwise. */
  topicAgeMs: 7 * DAY_MS,
  /** How many messages that need not be kept each request removes at most, beside those it adds. */
  topicTrimCount: 500,
  /** How often messages are looked for that are too old and whose topic nobody publishes to. */
  topicSweepEveryMs: 1 * MINUTE_MS,
  /** The most subscriptions, in one thread. */
  maxTopicSubscriptions: 10_000,
  /** The most groups of a store. */
  maxTopicGroups: 1_000,
  /** The most messages that a group has open: given to members, or waiting for another try. */
  maxOpenDeliveries: 10_000,
  /** How many messages a member of a group may have that it has not answered. */
  topicPrefetch: 1,
  /** The most such messages that a member can ask for. */
  maxTopicPrefetch: 1_000,
  /** How many messages a reader may be behind before it is slow. */
  topicBehind: 1_000,
  /** The most messages that it can ask for. */
  maxTopicBehind: 1_000_000,
  /** How many messages are read for a subscription at once. */
  topicReadCount: 64,
  /** How many bytes of messages are read for a subscription at once; the first one is always read. */
  topicReadBytes: 64 * KiB,
  /** How many names of messages are looked at in one step, for those that a pattern fits. */
  topicScanCount: 1_000,
  /** How many of its last messages a topic has in memory while somebody reads them. */
  topicTailCount: 2_048,
  /** How many bytes of them. */
  topicTailBytes: 4 * MiB,
  /** How many bytes of them all topics of a thread have together. */
  maxTailBytes: 64 * MiB,
} as const;
