/**
 * What a call waits for before it is sent, inside its deadline and until its signal aborts.
 *
 * @module
 */

import { delay, settlesWithin } from "../../base/abort.ts";
import { DariError } from "../../base/errors.ts";
import { cancelled } from "../call/caller.ts";

/** A call that waits. */
export interface CallWait {
  /** The method, for messages. */
  readonly method: string;
  /** Cancels the call. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Waits for a connection no longer than one call may. The connecting itself goes on for others.
 *
 * @param connect Connects; not called for a call that is cancelled or too late already.
 * @param call The call, and how long it may wait, in milliseconds; `Infinity` for no limit.
 * @returns What `connect` gave.
 * @throws {DariError} `deadline_exceeded`, `cancelled`; and what `connect` throws.
 */
export async function connectWithin<T>(
  connect: () => Promise<T>,
  { method, signal, timeoutMs }: CallWait & { readonly timeoutMs: number },
): Promise<T> {
  if (signal?.aborted) throw cancelled(method, signal);
  if (timeoutMs <= 0) throw tooLate(method);
  const connecting = connect();
  let isSettled: boolean;
  try {
    isSettled = await settlesWithin(connecting, timeoutMs, { signal });
  } catch (cause) {
    throw signal?.aborted ? cancelled(method, signal) : cause;
  }
  if (!isSettled) throw tooLate(method);
  return await connecting;
}

/**
 * Waits before a call is tried again.
 *
 * @param ms How long, in milliseconds.
 * @param call The call.
 * @throws {DariError} `cancelled`.
 */
export async function pause(ms: number, { method, signal }: CallWait): Promise<void> {
  try {
    await delay(ms, { signal });
  } catch (cause) {
    throw signal?.aborted ? cancelled(method, signal) : cause;
  }
}

/**
 * The error of a call whose deadline passed before it was sent.
 *
 * @param method The method that was called.
 * @returns The error.
 */
export function tooLate(method: string): DariError {
  return new DariError("deadline_exceeded", `"${method}" could not be sent before its deadline`);
}
