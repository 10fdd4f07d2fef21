/**
 * What a pool of workers is asked for.
 *
 * @module
 */

import type { Encoding } from "../ring/value.ts";

/** How one call is bounded. */
export interface PoolCallOptions {
  /**
   * The deadline, in milliseconds from now.
   *
   * @default {30_000}
   */
  timeoutMs?: number;
  /** Cancels the call. */
  signal?: AbortSignal;
}

/** Something that runs methods elsewhere; {@linkcode WorkerPool} is one. */
export interface CallPool {
  /** Runs a method and gives what it returned. */
  call(method: string, params: unknown, options?: PoolCallOptions): Promise<unknown>;
}

/** How a {@linkcode WorkerPool} is made. */
export interface WorkerPoolOptions {
  /**
   * The module of the methods: its export `methods`, else its default export where that is an
   * object, else all that it exports. In a compiled program: an embedded module, or source as a `data:` URL.
   */
  module: URL | string;
  /**
   * How many workers.
   *
   * @default {navigator.hardwareConcurrency}
   */
  workers?: number;
  /**
   * Calls that may wait for a worker; more are refused with `resource_exhausted`.
   *
   * @default {10_000}
   */
  maxQueueLength?: number;
  /**
   * How params and results travel.
   *
   * @default {"json"}
   */
  encoding?: Encoding;
  /**
   * The longest params and the longest result, in bytes.
   *
   * @default {16_777_216}
   */
  maxMessageBytes?: number;
  /**
   * How long a call may go on after it was cancelled or its deadline has passed, in milliseconds,
   * before its worker is ended and replaced.
   *
   * @default {100}
   */
  graceMs?: number;
}
