/**
 * The error of calls whose connection has ended.
 *
 * @module
 */

import { DariError, TransportError } from "../../base/errors.ts";
import type { Peer } from "../../transport/connection.ts";

/**
 * The error of every call on a connection that ended.
 *
 * @param peer The other side.
 * @param cause Why it ended, where that is known.
 * @returns The error.
 */
export function connectionEnded(peer: Peer, cause: unknown): TransportError {
  let message = `The connection to ${peer.address} ended`;
  if (cause instanceof TransportError && cause.code === "unavailable") message = cause.message;
  else if (cause instanceof DariError) message += `: ${cause.message}`;
  return new TransportError("unavailable", message, { cause });
}
