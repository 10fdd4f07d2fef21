/**
 * A server while it runs, in however many threads: what administrators ask of all of them at once.
 *
 * @module
 */

import type { ServedConnection } from "../../rpc/served_connection.ts";
import { limits } from "../../base/limits.ts";
import { type ConnectionList, listConnections, type Owner } from "./connections.ts";

/** One thread of a server. */
export interface LiveThread {
  /**
   * Lists its connections.
   *
   * @param owner Whose; all of them where it is left out.
   */
  connections(owner?: Owner): ConnectionList | Promise<ConnectionList>;
}

/**
 * Gives a server of this thread the form of a thread.
 *
 * @param server The server.
 */
export function threadOf(server: { readonly open: readonly ServedConnection[] }): LiveThread {
  return { connections: (owner) => listConnections(server.open, owner) };
}

/**
 * The threads of a server. Its methods can be registered before the server exists: threads are added
 * when they serve.
 */
export class LiveServer {
  readonly #threads = new Set<LiveThread>();

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
