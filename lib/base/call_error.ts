/**
 * Errors of the calls that this program made itself. A handler that calls another server and lets
 * its error through must not hand on what that server, or the way to it, said: it may name paths,
 * hosts and methods that are none of its own caller's business.
 *
 * @module
 */

import { type DariError, TransportError } from "./errors.ts";

const ofCalls = new WeakSet<DariError>();

/**
 * Marks the error of a call that this program made: its message stays here.
 *
 * @param error The error.
 * @returns The same error.
 *
 * @example
 * ```ts
 * import { isCallError, markCallError } from "./call_error.ts";
 * import { DariError } from "./errors.ts";
 * import { assert } from "@std/assert";
 *
 * assert(isCallError(markCallError(new DariError("not_found", "no row 7 in /srv/db"))));
 * ```
 */
export function markCallError<E extends DariError>(error: E): E {
  ofCalls.add(error);
  return error;
}

/**
 * Whether an error came from a call that this program made, or from a connection.
 *
 * @param error The error.
 * @returns True for every `TransportError` and for what {@linkcode markCallError} marked.
 */
export function isCallError(error: DariError): boolean {
  return error instanceof TransportError || ofCalls.has(error);
}
