/**
 * Metrics of parts that keep their own counts: a server, a pool of workers, a client.
 *
 * @module
 */

import type { ClientStats } from "../../rpc/client/client_options.ts";
import type { Peer } from "../../transport/connection.ts";
import type { MetricsRegistry } from "./registry.ts";

/** The metric of connections that have moved into shared memory. */
export const SHARING_CONNECTIONS = "dari.server.connections.shared_memory";

/** The part of a server that is read. */
export interface ServerState {
  /** How many handlers are at work. */
  readonly running: number;
  /** How many calls wait for the slot of one. */
  readonly waiting: number;
  /** Its connections. */
  readonly openConnections: readonly { readonly peer: Pick<Peer, "sharesMemory"> }[];
}

/**
 * Registers what a server does now.
 *
 * @param registry Where it is registered.
 * @param server The server.
 */
export function serverMetrics(registry: MetricsRegistry, server: ServerState): Disposable {
  const all = new DisposableStack();
  all.use(registry.observe("gauge", {
    name: "dari.server.calls.active",
    help: "Calls whose handlers are at work.",
  }, () => server.running));
  all.use(registry.observe("gauge", {
    name: "dari.server.calls.waiting",
    help: "Calls that wait for the slot of a handler, where the slots are bounded.",
  }, () => server.waiting));
  all.use(registry.observe("gauge", {
    name: SHARING_CONNECTIONS,
    help: "Connections whose bytes travel through memory that both ends share.",
  }, () => server.openConnections.filter(({ peer }) => peer.sharesMemory).length));
  return all;
}

/** The part of a pool that is read. */
export interface MeasuredPool {
  /** What it does now. */
  readonly state: {
    /** How many workers it has. */
    readonly workers: number;
    /** How many of them run a call. */
    readonly running: number;
    /** How many calls wait. */
    readonly queueLength: number;
  };
}

/**
 * Registers what a pool of workers does.
 *
 * @param registry Where it is registered.
 * @param pool The pool.
 */
export function poolMetrics(registry: MetricsRegistry, pool: MeasuredPool): Disposable {
  const all = new DisposableStack();
  const gauge = (name: string, help: string, read: () => number) =>
    all.use(registry.observe("gauge", { name: `dari.pool.${name}`, help }, read));
  gauge("workers", "Workers of the pools.", () => pool.state.workers);
  gauge("running", "Workers that run a call.", () => pool.state.running);
  gauge("queue.length", "Calls that wait for a worker.", () => pool.state.queueLength);
  return all;
}

/** The part of a client that is read. */
export interface CountingClient {
  /** What it has counted. */
  stats(): Pick<ClientStats, "attempts" | "retries" | "throttled" | "retryTokens" | "resumed">;
}

/**
 * Registers what a client counts: its tries, those behind the first ones, and the budget for them.
 *
 * @param registry Where it is registered.
 * @param name What tells it from other clients: a name of the program's, never a user's.
 * @param client The client.
 * @returns Ends it; a client that is closed would be read for ever.
 *
 * @example
 * ```ts
 * import { clientMetrics, connect, listenMemory, MetricsRegistry, serve } from "@dari/dari";
 * import { assertEquals } from "@std/assert";
 *
 * const memory = listenMemory();
 * await using server = await serve({ listen: memory, methods: { ping: () => "pong" } });
 * await using client = await connect(memory);
 * const registry = new MetricsRegistry();
 * using _ = clientMetrics(registry, "orders", client);
 * await client.call("ping");
 * const attempts = registry.collect().find(({ name }) => name === "dari.client.attempts");
 * assertEquals(attempts?.series, [{ labels: { client: "orders" }, value: 1 }]);
 * ```
 */
export function clientMetrics(
  registry: MetricsRegistry,
  name: string,
  client: CountingClient,
): Disposable {
  const all = new DisposableStack();
  const observe = (
    type: "counter" | "gauge",
    part: "attempts" | "retries" | "throttled" | "resumed" | "retryTokens",
    help: string,
  ) => {
    const written = part === "retryTokens" ? "retry_tokens" : part;
    const definition = { name: `dari.client.${written}`, help, labels: ["client"] };
    all.use(registry.observe(type, definition, () => [[[name], client.stats()[part]]]));
  };
  observe("counter", "attempts", "Tries of calls, the first ones included.");
  observe("counter", "retries", "Tries behind the first ones.");
  observe(
    "counter",
    "throttled",
    "Tries that were not made, since the budget of retries was used up.",
  );
  observe("counter", "resumed", "Streams that went on where they were cut.");
  observe("gauge", "retryTokens", "What is left of the budget of retries.");
  return all;
}
