/**
 * Where the connections of a client stand, and what happens to them.
 *
 * @module
 */

/**
 * - `idle`: not connected yet, and nobody asked for a connection;
 * - `connecting`: the first connection is being made;
 * - `connected`: calls can be sent;
 * - `draining`: the server goes away; calls that run are answered, new ones wait or fail;
 * - `away`: there is no connection, the last one ended or could not be made;
 * - `closed`: for good.
 */
export type ConnectionState =
  | "idle"
  | "connecting"
  | "connected"
  | "draining"
  | "away"
  | "closed";

/** One server of a client. */
export interface ServerStatus {
  /** Its address. */
  readonly address: string;
  /** Where its connections stand. */
  readonly state: ConnectionState;
  /** How many connections are open to it. */
  readonly connections: number;
  /** How many calls wait for its replies, or for their turn there. */
  readonly calls: number;
  /** Whether it says that it takes calls (`rpc.health`); a client with one address does not ask. */
  readonly isServing: boolean;
  /** Whether it gets no new calls for a while, since its calls fail or are slow. */
  readonly isSetAside: boolean;
  /** Why there is no connection; `undefined` where there is one or none was needed. */
  readonly error: Error | undefined;
}

/** Something that happened to the connections of a client. */
export interface StatusEvent {
  /**
   * - `connected`: for the first time;
   * - `draining`: no more calls go there, those that run are answered;
   * - `away`: there is no connection any more, or none could be made;
   * - `back`: connected again.
   */
  readonly type: "connected" | "draining" | "away" | "back";
  /** Whether it happened to one server, or to the client as a whole. */
  readonly scope: "server" | "client";
  /** The address of the server; `undefined` for the client as a whole. */
  readonly address: string | undefined;
  /** Why it is away. */
  readonly error: Error | undefined;
}

/**
 * Where the connections of a client stand, and what happens to them.
 *
 * @example
 * ```ts
 * import { connect, listenMemory, serve } from "@dari/dari";
 * import { assertEquals } from "@std/assert";
 *
 * const memory = listenMemory();
 * await using server = await serve({ listen: memory, methods: { ping: () => "pong" } });
 * await using client = await connect(memory, { lazy: true });
 * const events = client.status.events();
 * await client.ready();
 * const { value: event } = await events.next();
 * assertEquals([event?.type, client.status.state], ["connected", "connected"]);
 * ```
 */
export interface ClientStatus {
  /** Where the client as a whole stands: `connected` while one of its servers takes calls. */
  readonly state: ConnectionState;
  /** Where each of its servers stands. */
  readonly servers: readonly ServerStatus[];
  /**
   * Subscribes to what happens from now on, of each server and of the client as a whole. A reader that
   * is slow misses the oldest events.
   *
   * @param options The signal that ends the iteration. It also ends when the client is closed.
   */
  events(
    options?: { readonly signal?: AbortSignal | undefined },
  ): AsyncIterableIterator<StatusEvent>;
}
