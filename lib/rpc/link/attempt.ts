/**
 * One attempt to connect.
 *
 * @module
 */

import { abortable, after } from "../../base/abort.ts";
import type { Caller } from "../call/caller.ts";
import { unavailable } from "./link_errors.ts";

/** An attempt to connect. Whoever wants the connection meanwhile waits for the same one. */
export interface Attempt {
  /** What calls the server, once connected. */
  readonly caller: Promise<Caller>;
  /** Ends it. */
  readonly controller: AbortController;
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
  const { signal } = controller;
  const stopTimer = after(
    timeoutMs,
    () => controller.abort(unavailable(`No connection within ${timeoutMs} ms`)),
  );
  const caller = abortable(open(signal), signal).catch((error) => {
    failed(error);
    throw error;
  }).finally(stopTimer);
  return { caller, controller };
}
