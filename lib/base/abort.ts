/**
 * Waits that a time limit, a signal or both can end. Signatures and errors are those of
 * `@std/async`. If the signal has aborted already, a wait rejects at once; no wait leaves a listener
 * or a timer behind.
 *
 * @module
 */

import { limits } from "./limits.ts";

/** Options of a wait. */
export interface WaitOptions {
  /** Ends the wait: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of {@linkcode delay}. */
export interface DelayOptions extends WaitOptions {
  /**
   * Whether the wait keeps the program running.
   *
   * @default {true}
   */
  readonly persistent?: boolean | undefined;
}

/**
 * Calls back once after a time, which may be longer than the runtime's timers allow, or infinite.
 *
 * @param ms The time, in milliseconds.
 * @param callback Called when the time is over; never for `Infinity`.
 * @param options Whether the wait keeps the program running.
 * @returns A function that cancels the call.
 *
 * @example
 * ```ts
 * import { after } from "./abort.ts";
 *
 * const forget = after(60_000, () => console.log("a minute later"));
 * forget();
 * ```
 */
export function after(
  ms: number,
  callback: () => void,
  { persistent = true }: { readonly persistent?: boolean | undefined } = {},
): () => void {
  if (ms === Infinity) return () => {};
  let timer: ReturnType<typeof setTimeout>;
  let leftMs = Math.max(0, ms); // of less the runtime warns
  const start = (): void => {
    const sliceMs = Math.min(leftMs, limits.maxTimerMs);
    leftMs -= sliceMs;
    timer = setTimeout(() => leftMs > 0 ? start() : callback(), sliceMs);
    // A number in browsers, where nothing keeps a page running.
    if (!persistent) (timer as { unref?(): void }).unref?.();
  };
  start();
  return () => clearTimeout(timer);
}

/**
 * Waits for a time.
 *
 * @param ms The time, in milliseconds; any length, `Infinity` for a wait that only the signal ends.
 * @param options The signal that ends it early.
 * @throws The signal's reason.
 *
 * @example
 * ```ts
 * import { delay } from "./abort.ts";
 *
 * await delay(1);
 * ```
 */
export function delay(ms: number, options: DelayOptions = {}): Promise<void> {
  const { signal, persistent } = options;
  if (signal?.aborted) return Promise.reject(signal.reason);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = (): void => {
    forget();
    reject(signal?.reason);
  };
  const forget = after(ms, () => {
    signal?.removeEventListener("abort", onAbort);
    resolve();
  }, { persistent });
  signal?.addEventListener("abort", onAbort, { once: true });
  return promise;
}

/**
 * Waits for a promise until a signal aborts. The promise itself goes on.
 *
 * @param promise The promise.
 * @param signal The signal that ends the wait; without one the promise is returned as it is.
 * @returns The promise's value.
 * @throws The signal's reason, at once where it has aborted already.
 *
 * @example
 * ```ts
 * import { abortable } from "./abort.ts";
 * import { assertRejects } from "@std/assert";
 *
 * const never = new Promise<void>(() => {});
 * await assertRejects(() => abortable(never, AbortSignal.abort(new Error("enough"))), Error);
 * ```
 */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  if (signal.aborted) {
    promise.catch(() => {}); // its rejection would be unhandled
    return Promise.reject(signal.reason);
  }
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  return Promise.race([promise, aborted]).finally(() =>
    signal.removeEventListener("abort", onAbort)
  );
}

/**
 * Waits for a promise for a limited time. The promise itself goes on.
 *
 * @param promise The promise.
 * @param ms The longest wait, in milliseconds; any length, `Infinity` for no limit.
 * @param options The signal that ends the wait early.
 * @returns The promise's value.
 * @throws {DOMException} `TimeoutError` when the time is over.
 * @throws The signal's reason.
 *
 * @example
 * ```ts
 * import { deadline } from "./abort.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await deadline(Promise.resolve(42), 1_000), 42);
 * ```
 */
export async function deadline<T>(
  promise: Promise<T>,
  ms: number,
  options: WaitOptions = {},
): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const forget = after(ms, () => reject(new DOMException("Signal timed out.", "TimeoutError")));
  try {
    return await abortable(Promise.race([promise, late]), options.signal);
  } finally {
    forget();
  }
}

/**
 * Waits for a promise for a limited time, and returns whether it settled instead of throwing.
 *
 * @param promise The promise; whether it resolves or rejects does not matter.
 * @param ms The longest wait, in milliseconds; any length, `Infinity` for no limit.
 * @param options The signal that ends the wait early.
 * @returns `true` once it has settled, `false` when the time is over.
 * @throws The signal's reason.
 *
 * @example
 * ```ts
 * import { settlesWithin } from "./abort.ts";
 * import { assert } from "@std/assert";
 *
 * assert(await settlesWithin(Promise.resolve(), 1_000));
 * ```
 */
export async function settlesWithin(
  promise: Promise<unknown>,
  ms: number,
  options: WaitOptions = {},
): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const forget = after(ms, () => resolve(false));
  try {
    const settled = promise.then(() => true, () => true);
    return await abortable(Promise.race([settled, late]), options.signal);
  } finally {
    forget();
  }
}
