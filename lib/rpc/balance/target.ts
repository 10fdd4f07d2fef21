/**
 * Which servers there are.
 *
 * @module
 */

import type { Connection } from "../../transport/connection.ts";
import type { OpenConnection, SignOut } from "../link/link_options.ts";

/** One server that calls may go to. */
export interface Target {
  /** Its address; two targets with the same address are the same server. */
  readonly address: string;
  /** Opens a connection to it. */
  readonly dial: (signal: AbortSignal) => Promise<Connection>;
  /** Signs a connection to it in, instead of what holds for all servers. */
  readonly signIn?: ((connection: OpenConnection) => Promise<SignOut | void>) | undefined;
}

/** The servers that there are now. */
export interface Targets {
  /** Each of them. */
  readonly targets: readonly Target[];
  /** How long that holds, in milliseconds; bounded on both sides. */
  readonly ttlMs: number;
}

/** Knows which servers there are. */
export interface TargetSource {
  /** Whether its answer never changes. */
  readonly isFixed: boolean;
  /**
   * Names the servers that there are now.
   *
   * @param signal Aborts when nobody waits for the answer any more.
   */
  resolve(signal: AbortSignal): Promise<Targets>;
}
