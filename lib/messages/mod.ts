/**
 * Messages that last: queues in the store of a server, with leases, dead letters and limits.
 *
 * @module
 */

export { EmbeddedQueues } from "./embedded/embedded_queues.ts";
export type { EmbeddedMessage } from "./embedded/embedded_queues.ts";
export type { EmbeddedQueuesOptions, QueueAudit } from "./embedded/embedded_options.ts";
export type { QueueEvent } from "./embedded/tables/transaction.ts";
export type { StoreTransaction } from "./embedded/writing.ts";
export { isAdministrativeRight, type QueueRight, queueRight } from "./queue/names.ts";
export type * from "./queue/operations.ts";
export { type PutMessageOptions, Queue, type TakenMessage } from "./queue/queue.ts";
export { defaultSettings, type QueueRate, type QueueSettings } from "./queue/settings.ts";
export { DeadMessage, type WorkerOptions } from "./queue/worker.ts";
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
export { RemoteJobs } from "./wire/remote_jobs.ts";
export type { QueueSource } from "./wire/queue_source.ts";
export { type QueueCaller, queueOf, RemoteQueues } from "./wire/remote_queues.ts";
