/**
 * Why no server takes calls.
 *
 * @module
 */

import { DariError, TransportError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { mayPass, unavailable } from "../link/link_errors.ts";

/** A server that takes no calls. */
export interface IdleServer {
  /** Its address. */
  readonly address: string;
  /** Why it takes no calls. */
  readonly error: Error | undefined;
}

/**
 * Says why no server takes calls.
 *
 * @param servers The servers.
 * @param cause Why it is not known which servers there are.
 * @returns The error. It does not pass where that of no server does.
 */
export function noServer(servers: readonly IdleServer[], cause: Error | undefined): Error {
  const [first] = servers;
  if (first === undefined) {
    if (cause instanceof DariError) return cause;
    const why = cause === undefined ? "No server is known yet" : whyNotKnown(cause);
    return new TransportError("unavailable", why, { cause });
  }
  const errors = servers.flatMap(({ error }) => error ?? []);
  const [error] = errors;
  if (error === undefined) return unavailable("No server is connected yet");
  if (servers.length === 1) return error;
  const isFinal = errors.length === servers.length && errors.every((each) => !mayPass(each));
  // A credential that no server accepts is the caller's to correct, and so told as it is.
  if (isFinal && error instanceof DariError && error.code !== "unavailable") return error;
  const shown = servers.slice(0, limits.maxServersInError)
    .map(({ address, error }) => `${address}: ${error?.message ?? "not connected yet"}`);
  const more = servers.length - shown.length;
  const rest = more > 0 ? `; and ${more} more` : "";
  const message = `None of the ${servers.length} servers takes calls. ${shown.join("; ")}${rest}`;
  return new TransportError("unavailable", message, { cause: error, retryable: !isFinal });
}

function whyNotKnown(cause: Error): string {
  return `Which servers there are could not be found out: ${cause.message}`;
}
