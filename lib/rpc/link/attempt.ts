/**
 * One attempt to connect.
 *
 * @module
 */

import { sharedAfter } from "../../base/shared_after.ts";
import type { Caller } from "../call/caller.ts";
import { unavailable } from "./link_errors.ts";

/** An attempt to connect. All calls that need the connection meanwhile wait for the same one. */
export interface Attempt {
  /** What calls the server, once connected. */
  readonly caller: Promise<Caller>;
  /** Ends it. */
  abort(reason: Error): void;
}

/**
 * Begins an attempt.
 *
 * @param open Connects and signs in, until the signal ends it.
 * @param timeoutMs How long it may take, in milliseconds.
 * @param failed Told why it failed, before those who wait.
 * @returns The attempt.
 */
export function beginAttempt(
  open: (signal: AbortSignal) => Promise<Caller>,
  timeoutMs: number,
  failed: (error: unknown) => void,
): Attempt {
  const controller = new AbortController();
  const { promise, resolve, reject } = Promise.withResolvers<Caller>();
  const abort = (reason: Error) => {
    controller.abort(reason);
    reject(reason);
  };
  const stopTimer = sharedAfter(
    timeoutMs,
    () => abort(unavailable(`No connection within ${timeoutMs} ms`)),
    { persistent: true },
  );
  open(controller.signal).then(resolve, reject);
  const caller = promise.then((caller) => {
    stopTimer();
    return caller;
  }, (error) => {
    stopTimer();
    failed(error);
    throw error;
  });
  return { caller, abort };
}
