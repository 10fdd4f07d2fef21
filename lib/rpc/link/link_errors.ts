/**
 * Why a link has no connection.
 *
 * @module
 */

import { DariError, TransportError } from "../../base/errors.ts";

/**
 * The error of a connection that could not be made or ended; trying again may help.
 *
 * @param message What happened.
 * @returns The error.
 */
export function unavailable(message: string): TransportError {
  return new TransportError("unavailable", message);
}

/**
 * The error of calls of a client that is closed. Trying again does not help: it stays closed.
 *
 * @returns The error.
 */
export function closedError(): TransportError {
  return new TransportError("unavailable", "The client is closed", { retryable: false });
}

/**
 * Whether another attempt to connect may succeed where one failed with this error.
 *
 * @param error What connecting failed with.
 */
export function mayPass(error: unknown): boolean {
  return !(error instanceof DariError) || error.retryable;
}

/**
 * What was thrown, as an error.
 *
 * @param thrown What was thrown.
 * @returns It, or an error with its text.
 */
export function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
