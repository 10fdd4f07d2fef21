/**
 * What a link is made with.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import type { RpcError } from "../../base/errors.ts";
import type { Connection, Peer } from "../../transport/connection.ts";
import type { LifeSignOptions } from "../connection/life_signs.ts";
import type { Methods } from "../method/method.ts";
import type { ReconnectOptions } from "./backoff.ts";

/** A connection that is open and about to be signed in. */
export interface OpenConnection {
  /** The server, and what a sign-in can be bound to. */
  readonly peer: Peer;
  /** Resolves when the connection has ended. */
  readonly closed: Promise<unknown>;
  /** Calls a method on it. */
  call(method: string, params: unknown): Promise<unknown>;
}

/** Ends the session that a sign-in opened. */
export type SignOut = () => Promise<unknown>;

/** What a link is made with. */
export interface LinkOptions extends LifeSignOptions {
  /** Opens a connection. The signal ends the attempt; a connection that comes later is dropped. */
  readonly dial: (signal: AbortSignal) => Promise<Connection>;
  /**
   * Signs a new connection in before anything else is sent on it. What it gives ends the session that
   * it opened; it is called when the link is closed, and the connection ends once it has settled.
   */
  readonly signIn?: ((connection: OpenConnection) => Promise<SignOut | void>) | undefined;
  /**
   * Whether the client asks what the server knows beyond plain dari/1, with its first line. A server
   * that leaves requests unanswered when it does not know them needs `false`; then values travel in
   * their plain form, and streams inside values not at all.
   *
   * @default {true}
   */
  readonly hello?: boolean | undefined;
  /** Methods that the server may call on this side. */
  readonly methods?: Methods | undefined;
  /**
   * Time for connecting and signing in, in milliseconds; `Infinity` for no limit.
   *
   * @default {10_000}
   */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * Whether a call waits for a server until its deadline where none can be reached, instead of failing
   * with the attempt to connect; a call may say it for itself. Idempotent calls wait unless this says
   * `false`. An error that does not pass, a refused certificate or credential, fails calls at once.
   *
   * @default {false}
   */
  readonly waitForReady?: boolean | undefined;
  /** The pauses between attempts to connect, while calls wait. */
  readonly reconnect?: ReconnectOptions | undefined;
  /**
   * The most calls that the connection may have under way; more wait for their turn, inside their
   * deadlines.
   *
   * @default {1_024}
   */
  readonly maxCallsInFlight?: number | undefined;
  /**
   * Told what the server says without naming a call, for instance that a line was too long. The calls
   * that the end of the connection fails afterwards have it as their cause.
   */
  readonly onNotice?: ((notice: RpcError) => void) | undefined;
  /**
   * Told of each method that a call found to be deprecated, once a method, and what its server says
   * about it: a sentence, or "".
   *
   * @default {a warning on the console}
   */
  readonly onDeprecated?: ((method: string, advice: string) => void) | undefined;
  /** Gives numbers from 0 to less than 1; spreads attempts, retries and calls. */
  readonly random?: (() => number) | undefined;
  /** Where the time comes from. */
  readonly clock?: Clock | undefined;
}
