/**
 * What the programs of a round agree on.
 *
 * @module
 */

/** The queue that all of them use. */
export const QUEUE = "work";
/** The topic, and the group whose members share its messages. */
export const TOPIC = "events";
export const GROUP = "all";
/** The server's socket in its directory. */
export const SOCKET = "server.sock";
/** How long a message is its worker's, in milliseconds. */
export const LEASE_MS = 1_000;
/** How often a message is tried: a good one may lose its worker a few times. */
export const MAX_TRIES = 12;
/** Pause before something is tried again, in milliseconds. */
export const AGAIN_MS = 20;

/** The number in a cursor. */
export function placeOf(cursor: string | undefined): number {
  return Number(cursor?.split(":")[1]);
}
