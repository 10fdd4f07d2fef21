/**
 * What a method knows about its call when it runs in a worker.
 *
 * @module
 */

/**
 * What the handler of a method with `worker: true` gets beside its params. The caller and what
 * travelled with the call stay in the server's thread: pass what the worker needs of them as params.
 */
export interface WorkerContext {
  /** The method's name. */
  readonly method: string;
  /** Aborts when the caller cancels and at the deadline. */
  readonly signal: AbortSignal;
  /** When the caller stops waiting, in milliseconds since the epoch; `Infinity` for never. */
  readonly deadline: number;
}
