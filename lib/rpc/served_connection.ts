/**
 * The connections of a server as they are now, and the calls that run on each.
 *
 * @module
 */

import type { Principal } from "../auth/policy/principal.ts";
import type { Peer } from "../transport/connection.ts";
import type { CallRecord } from "./observer.ts";

/** A connection that is open, or a request of another transport that is at work. */
export interface ServedConnection {
  /** Names the connection, as in the records of observers. */
  readonly id: string;
  /** The other end. */
  readonly peer: Peer;
  /** The principal that signed the connection in; `null` where none did. */
  readonly principal: Principal | null;
  /** When it began, in milliseconds since the epoch. */
  readonly openedAtMs: number;
  /** Its calls that have not ended. */
  readonly calls: readonly CallRecord[];
}
