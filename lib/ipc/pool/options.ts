/**
 * The options of a pool of workers, and of its calls.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type { Encoding } from "../ring/value.ts";
import { moduleUrlOf } from "./module_url.ts";
import { MAX_WORKERS } from "./wire/slots.ts";

/** What bounds one call. */
export interface PoolCallOptions {
  /**
   * The deadline, in milliseconds from now.
   *
   * @default {30_000}
   */
  timeoutMs?: number;
  /** Cancels the call. */
  signal?: AbortSignal;
  /**
   * Whether a call that a handler makes inherits from the call that the handler serves: the earlier
   * deadline, cancellation, and what the calls of the pool's method inherit in turn.
   *
   * @default {true}
   */
  inherit?: boolean;
}

/** Something that runs methods elsewhere; {@linkcode WorkerPool} is one. */
export interface CallPool {
  /** Runs a method and returns its result. */
  call(method: string, params: unknown, options?: PoolCallOptions): Promise<unknown>;
}

/** What a pool does at a moment. */
export interface PoolState {
  /** How many workers it has. */
  readonly workers: number;
  /** How many of them run a call. */
  readonly running: number;
  /** How many calls wait for one that this thread has not handed over yet. */
  readonly queueLength: number;
}

/** How a {@linkcode WorkerPool} is made. */
export interface WorkerPoolOptions {
  /**
   * The module of the methods: its export `methods`, else its default export where that is an
   * object, else all its exports. A URL such as `new URL("./methods/blur.ts", import.meta.url)`, or a
   * path: one that begins with `./` or `../` counts from the working directory. In a compiled
   * program: an embedded module, or source as a `data:` URL.
   */
  module: URL | string;
  /**
   * How many workers.
   *
   * @default {navigator.hardwareConcurrency}
   */
  workers?: number;
  /**
   * How many calls may wait for a worker; more are refused with `resource_exhausted`.
   *
   * @default {10_000}
   */
  maxQueueLength?: number;
  /**
   * How params and results are encoded.
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
   * How long a method may go on after its call was cancelled or its deadline has passed, in
   * milliseconds, before its worker is stopped and replaced; `Infinity` for any length.
   *
   * @default {100}
   */
  graceMs?: number;
}

/** The options of a pool with their defaults, and the URL of its module. */
export type PoolSettings = Required<Omit<WorkerPoolOptions, "module">> & { module: string };

/**
 * Checks the options of a pool and fills in the defaults.
 *
 * @throws {RangeError} where `workers` is out of range.
 * @throws {TypeError} where `module` is neither a URL nor a path.
 */
export function settingsOf(options: WorkerPoolOptions): PoolSettings {
  const {
    workers = navigator.hardwareConcurrency,
    maxQueueLength = limits.poolQueueLength,
    encoding = "json",
    maxMessageBytes = limits.maxMessageBytes,
    graceMs = limits.poolGraceMs,
  } = options;
  if (!(Number.isInteger(workers) && workers >= 1 && workers <= MAX_WORKERS)) {
    throw new RangeError(`workers is ${workers}; give a whole number from 1 to ${MAX_WORKERS}`);
  }
  const module = moduleUrlOf(options.module);
  return { module, workers, maxQueueLength, encoding, maxMessageBytes, graceMs };
}
