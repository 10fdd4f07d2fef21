/**
 * A server while it runs, in however many threads: what administrators ask of all of them at once.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import type { Methods } from "../../rpc/method/method.ts";
import { tapCalls, type TappedServer } from "../tap/tap_calls.ts";
import type { TapQueue } from "../tap/tap_queue.ts";
import type { TapRequest } from "../tap/tapped_call.ts";
import type { ServedConnection } from "../../rpc/served_connection.ts";
import { limits } from "../../base/limits.ts";
import { type ConnectionList, listConnections, type Owner } from "../live/connections.ts";

/** One thread of a server. */
export interface LiveThread {
  /**
   * Lists its connections.
   *
   * @param owner Whose; all of them where it is left out.
   */
  connections(owner?: Owner): ConnectionList | Promise<ConnectionList>;
  /**
   * Begins to listen to its calls.
   *
   * @param request Which calls.
   * @param queue Takes them.
   * @returns Ends it when disposed of.
   */
  tap(request: TapRequest, queue: TapQueue): Disposable;
}

/**
 * Gives a server of this thread the form of a thread.
 *
 * @param server The server.
 * @param methods Its methods.
 */
export function threadOf(
  server: TappedServer & { readonly openConnections: readonly ServedConnection[] },
  methods: Methods,
): LiveThread {
  return {
    connections: (owner) => listConnections(server.openConnections, owner),
    tap: (request, queue) => tapCalls(server, methods, request, (call) => queue.push(call)),
  };
}

/**
 * The threads of a server. Its methods can be registered before the server exists: threads are added
 * when they serve.
 */
export class LiveServer {
  readonly #threads = new Set<LiveThread>();
  /** The queues of the taps that run. */
  readonly #taps = new Set<TapQueue>();

  /**
   * Adds a thread.
   *
   * @param thread The thread.
   * @returns Takes it away again.
   */
  add(thread: LiveThread): () => void {
    this.#threads.add(thread);
    return () => this.#threads.delete(thread);
  }

  /**
   * Listens to the calls of all threads that serve now.
   *
   * @param request Which calls.
   * @param queue Takes them; the caller ends it.
   * @returns Ends it when disposed of.
   * @throws {DariError} `resource_exhausted` where there are too many taps already.
   */
  tap(request: TapRequest, queue: TapQueue): Disposable {
    if (this.#taps.size >= limits.maxTaps) {
      throw new DariError("resource_exhausted", `There are ${limits.maxTaps} taps already`);
    }
    this.#taps.add(queue);
    const taps = [...this.#threads].map((thread) => thread.tap(request, queue));
    return {
      [Symbol.dispose]: () => {
        if (!this.#taps.delete(queue)) return;
        for (const tap of taps) tap[Symbol.dispose]();
      },
    };
  }

  /** Ends all taps: a server that stops would wait for them. */
  endTaps(): void {
    for (const queue of this.#taps) queue.end();
  }

  /**
   * Lists the connections of all threads.
   *
   * @param owner Whose; all of them where it is left out.
   * @returns The oldest first, and how many more there are.
   */
  async connections(owner?: Owner): Promise<ConnectionList> {
    const lists = await Promise.all([...this.#threads].map((each) => each.connections(owner)));
    const found = lists.flatMap(({ connections }) => connections)
      .sort((left, right) => left.openedAtMs - right.openedAtMs);
    const connections = found.slice(0, limits.maxListedConnections);
    const more = lists.reduce((sum, list) => sum + list.more, found.length - connections.length);
    return { connections, more };
  }
}
