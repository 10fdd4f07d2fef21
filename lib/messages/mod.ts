/**
 * Messages that last: queues in the store of a server, with leases, dead letters and limits, jobs on top
 * of them, and topics that many read.
 *
 * @module
 */

export { EmbeddedQueues } from "./embedded/embedded_queues.ts";
export type { EmbeddedMessage } from "./embedded/embedded_queues.ts";
export type { EmbeddedQueuesOptions, QueueAudit } from "./embedded/embedded_options.ts";
export type { QueueEvent } from "./embedded/tables/transaction.ts";
export type { StoreTransaction } from "./operation/writing.ts";
export { isAdministrativeRight, type QueueRight, queueRight } from "./queue/names.ts";
export type * from "./queue/operations.ts";
export { type PutMessageOptions, Queue, type TakenMessage } from "./queue/queue.ts";
export { defaultSettings, type QueueRate, type QueueSettings } from "./queue/settings.ts";
export { UnrecoverableError, type WorkerOptions } from "./queue/worker.ts";
export { JobHandle } from "./job/job_handle.ts";
export {
  type EnqueueOptions,
  hasEnded,
  type JobError,
  type JobOperations,
  type JobPage,
  type JobReceipt,
  type JobState,
  type JobStatus,
  type JobWait,
  type NewSchedule,
  type ScheduleState,
} from "./job/operations.ts";
export type { TopicListener } from "./embedded/topic_feeds/hub.ts";
export type { TopicEvent } from "./embedded/topic_tables/topic_rows.ts";
export { isAdministrativeTopicRight, type TopicRight, topicRight } from "./topic/names.ts";
export type * from "./topic/operations.ts";
export { defaultTopicSettings, type TopicSettings } from "./topic/settings.ts";
export {
  type ArrivedMessage,
  type ArrivingMessages,
  type MemberOptions,
  type OwnSubscribeOptions,
  type PublishOptions,
  type SharedMessage,
  Topic,
  type TopicWorkOptions,
} from "./topic/topic.ts";
export type {
  ContextPublishOptions,
  ContextReceipt,
  ContextTransaction,
} from "../rpc/method/publishing.ts";
export { EmbeddedTopics } from "./embedded/topics/embedded_topics.ts";
export { RemoteJobs } from "./wire/remote_jobs.ts";
export type { QueueSource } from "./wire/queue_source.ts";
export { RemoteTopics, type TopicCaller, topicOf } from "./wire/remote_topics.ts";
export type { TopicSource } from "./wire/topic_source.ts";
export { type QueueCaller, queueOf, RemoteQueues } from "./wire/remote_queues.ts";
