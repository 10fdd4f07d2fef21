/**
 * What serves calls of a server beside the connections that it accepts itself: an HTTPS gateway.
 *
 * @module
 */

import type { Principal } from "../../auth/policy/principal.ts";
import type { RpcConnectionOptions } from "../connection/rpc_connection_options.ts";
import type { Health } from "../dispatch/health.ts";

/** What serving calls of a server needs: its methods, gate, observers and bounds. */
export interface Serving extends RpcConnectionOptions {
  /** Whether the server takes calls. */
  readonly health: Health;
}

/** Another transport that serves calls of a server. */
export interface CallSource {
  /** Where it listens, with the real port, for instance `https://localhost:9443`. */
  readonly address: string;
  /** How many handlers are at work. */
  readonly running: number;
  /**
   * Ends the calls of a principal whose credential was revoked.
   *
   * @param principal The principal.
   */
  revoke(principal: Principal): void;
  /**
   * Stops in order: no new calls, running calls finish, replies leave.
   *
   * @param drainTimeoutMs How long running calls may take, in milliseconds.
   * @returns How many calls were cut, because they took longer.
   */
  stop(drainTimeoutMs: number): Promise<number>;
}

/** A server as another transport of its own sees it. */
export interface ServerInside {
  /** What serving its calls needs. */
  readonly serving: Serving;
  /**
   * Lets the transport serve calls.
   *
   * @param source The transport; the server owns and stops it.
   */
  join(source: CallSource): void;
}
