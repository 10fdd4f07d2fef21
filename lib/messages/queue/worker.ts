/**
 * A loop that takes messages and has them handled.
 *
 * @module
 */

import { after, delay } from "../../base/abort.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { NackOptions, NackResult, TakeOptions } from "./operations.ts";
import { isThrown, textOfThrown } from "./thrown.ts";

/** How messages are handled. */
export interface WorkerOptions {
  /** How many at once. @default {1} */
  readonly concurrency?: number | undefined;
  /** The length of a lease, in milliseconds. @default {the queue's `leaseMs`} */
  readonly leaseMs?: number | undefined;
  /** Ends the work: no message is taken any more, and running handlers are told. */
  readonly signal: AbortSignal;
  /** Ends the work in order: no message is taken any more, and running handlers go on. */
  readonly draining?: AbortSignal | undefined;
  /**
   * Hears of what failed: a handler, an answer, or a take, which is tried again after a pause.
   *
   * @default {it is written to console.error}
   */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** What a worker needs of a message. */
interface WorkMessage {
  readonly leaseMs: number;
  ack(): Promise<void>;
  nack(options?: NackOptions): Promise<NackResult>;
  extend(leaseMs?: number): Promise<unknown>;
}

/**
 * An error after which no further try makes sense: the message becomes a dead letter at once.
 *
 * @example
 * ```ts
 * import { UnrecoverableError } from "@dari/dari/messages";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new UnrecoverableError("no such customer").message, "no such customer");
 * ```
 */
export class UnrecoverableError extends Error {
  /** The name of the class. */
  override readonly name = "UnrecoverableError";
}

/**
 * Works on messages until the signal aborts.
 *
 * @param take Takes messages.
 * @param handle Handles one.
 * @param options How many at once, and the signal.
 * @throws What a take throws where trying again does not help.
 */
export async function workOn<M extends WorkMessage>(
  take: (options: TakeOptions) => Promise<M[]>,
  handle: (message: M, signal: AbortSignal) => unknown,
  options: WorkerOptions,
): Promise<void> {
  const { concurrency = limits.workerConcurrency } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new RangeError(`concurrency must be a whole number above 0; got ${concurrency}`);
  }
  const ended = new AbortController();
  const signal = AbortSignal.any([options.signal, ended.signal]);
  const loops = Array.from(
    { length: concurrency },
    () => loop(take, handle, { ...options, signal }),
  );
  for (const each of loops) {
    each.catch((error) => ended.abort(error));
  }
  const outcomes = await Promise.allSettled(loops);
  const failure = outcomes.find(({ status }) => status === "rejected");
  if (failure?.status === "rejected") throw failure.reason;
}

async function loop<M extends WorkMessage>(
  take: (options: TakeOptions) => Promise<M[]>,
  handle: (message: M, signal: AbortSignal) => unknown,
  options: WorkerOptions,
): Promise<void> {
  const { signal, draining, leaseMs, onError = console.error } = options;
  const taking = draining === undefined ? signal : AbortSignal.any([signal, draining]);
  let pauseMs: number = limits.workerRetryMs;
  while (!taking.aborted) {
    let message: M | undefined;
    try {
      [message] = await take({ max: 1, leaseMs, waitMs: limits.workerWaitMs, signal: taking });
      pauseMs = limits.workerRetryMs;
    } catch (error) {
      if (taking.aborted) return;
      if (!(error instanceof DariError) || !error.retryable) throw error;
      onError(error);
      await delay(error.retryAfterMs ?? pauseMs, { signal: taking }).catch(() => {});
      pauseMs = Math.min(2 * pauseMs, limits.maxWorkerRetryMs);
      continue;
    }
    if (message !== undefined) await workOne(message, handle, signal, onError);
  }
}

async function workOne<M extends WorkMessage>(
  message: M,
  handle: (message: M, signal: AbortSignal) => unknown,
  signal: AbortSignal,
  onError: (error: unknown) => void,
): Promise<void> {
  const lost = new AbortController();
  const answered = { is: false };
  const lease = keepLease(message, lost, answered, onError);
  try {
    try {
      await handle(watched(message, answered), AbortSignal.any([signal, lost.signal]));
    } catch (error) {
      onError(error);
      if (answered.is || lost.signal.aborted) return;
      await message.nack({
        reason: textOfThrown(error),
        dead: isThrown(error, UnrecoverableError),
      });
      return;
    }
    if (!answered.is && !lost.signal.aborted) await message.ack();
  } catch (error) {
    onError(error); // the lease ends, and the message is taken again
  } finally {
    lease[Symbol.dispose]();
  }
}

/** Notes whether the handler answers the message itself. */
function watched<M extends WorkMessage>(message: M, answered: { is: boolean }): M {
  const noting = <A extends unknown[], R>(answer: (...given: A) => Promise<R>) =>
  async (
    ...given: A
  ): Promise<R> => {
    const result = await answer(...given);
    answered.is = true;
    return result;
  };
  const { complete } = message as { complete?: (...given: unknown[]) => Promise<unknown> };
  return {
    ...message,
    ack: noting(message.ack),
    nack: noting(message.nack),
    ...(complete && { complete: noting(complete) }),
  };
}

/** Extends a lease as long as a handler is at work. */
function keepLease(
  message: WorkMessage,
  lost: AbortController,
  answered: { readonly is: boolean },
  onError: (error: unknown) => void,
): Disposable {
  let forget = () => {};
  let isOver = false;
  const extend = async () => {
    try {
      await message.extend();
    } catch (error) {
      if (isOver || answered.is) return;
      onError(error);
      if (!(error instanceof DariError && error.retryable)) return lost.abort(error);
    }
    if (!isOver) begin();
  };
  const begin = () => {
    forget = after(message.leaseMs * limits.leaseExtendShare, () => void extend());
  };
  begin();
  return {
    [Symbol.dispose]() {
      isOver = true;
      forget();
    },
  };
}
