/**
 * The errors of connections, whatever they are made of.
 *
 * @module
 */

import { TransportError } from "../base/errors.ts";
import type { Peer } from "./connection.ts";

/**
 * Says that a connection is closed.
 *
 * @param peer The other end.
 * @param cause The reason, if it is known.
 * @returns A `TransportError` with the code `unavailable`; a cause that is one already is returned.
 */
export function broken(peer: Peer, cause?: unknown): TransportError {
  if (cause instanceof TransportError) return cause;
  const reason = cause instanceof Error ? `: ${cause.message}` : "";
  return new TransportError(
    "unavailable",
    `The connection to ${peer.address} is closed${reason}`,
    cause === undefined ? {} : { cause },
  );
}
