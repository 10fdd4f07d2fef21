/**
 * Pipes, queues, shared memory and workers: programs and threads of one machine that talk.
 *
 * @module
 */

export { openPipe, pipe, type PipeOptions } from "./pipe/pipe.ts";
export type { PipeDescriptor } from "./pipe/pipe_core.ts";
export { PipeEnd } from "./pipe/pipe_end.ts";
export { Ring, type RingOptions } from "./ring/ring.ts";
export { WorkerPool } from "./pool/pool.ts";
export type { CallPool, PoolCallOptions, PoolState, WorkerPoolOptions } from "./pool/options.ts";
export { Queue, type QueueOptions } from "./queue/queue.ts";
export type { WaitOptions } from "./wait/event.ts";
export type { WorkerContext } from "../base/context/worker_context.ts";
export type {
  Connection,
  MemoryOffer,
  MemorySharing,
  Peer,
  PeerCertificate,
  TransportName,
} from "../transport/connection.ts";
export type { Encoding } from "./ring/value.ts";
export {
  SharedMemory,
  type SharedMemoryDescriptor,
  type SharedMemoryScope,
} from "./shared_memory/shared_memory.ts";
