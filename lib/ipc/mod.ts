/**
 * Pipes, queues, shared memory and workers: programs and threads of one machine that talk.
 *
 * @module
 */

export { openPipe, pipe, type PipeOptions } from "./pipe.ts";
export type { PipeDescriptor } from "./_pipe_core.ts";
export { PipeEnd } from "./pipe_end.ts";
export { Ring, type RingOptions } from "./ring.ts";
export { WorkerPool } from "./pool.ts";
export type { CallPool, PoolCallOptions, WorkerPoolOptions } from "./pool_options.ts";
export { Queue, type QueueOptions } from "./queue.ts";
export type { WaitOptions } from "./_event.ts";
export type { Connection, Peer, PeerCertificate, TransportName } from "../transport/connection.ts";
export type { Encoding } from "./_value.ts";
export { type Reach, SharedMemory, type SharedMemoryDescriptor } from "./shared_memory.ts";
export {
  type ConnectedChild,
  connectParent,
  PARENT_SOCKET,
  spawnConnected,
  type SpawnOptions,
} from "./spawn.ts";
