/**
 * A client with what its server keeps for it: queues.
 *
 * @module
 */

import type { Queue } from "../../messages/queue/queue.ts";
import { queueOf } from "../../messages/wire/remote_queues.ts";
import { Client } from "../../rpc/client/client.ts";
import type { Methods } from "../../rpc/method/method.ts";

/**
 * What `connect` gives: a {@linkcode Client} that also reaches the queues of its server.
 *
 * @example
 * ```ts
 * import { connect, listenMemory, serve } from "@dari/dari";
 * import { EmbeddedQueues } from "@dari/dari/messages";
 * import { openSqliteStore } from "@dari/dari/store";
 * import { assertEquals } from "@std/assert";
 *
 * const directory = await Deno.makeTempDir();
 * {
 *   await using store = await openSqliteStore(`${directory}/dari.db`);
 *   await using queues = new EmbeddedQueues(store);
 *   const memory = listenMemory();
 *   await using server = await serve({ listen: memory, methods: {}, queues });
 *   await using client = await connect(memory);
 *   await client.queue<string>("emails").put("alice@example.com");
 *   assertEquals((await server.queue<string>("emails").take())?.value, "alice@example.com");
 * }
 * await Deno.remove(directory, { recursive: true });
 * ```
 */
export class ConnectedClient<M extends Methods = Methods> extends Client<M> {
  /**
   * A queue of the server. To put and to take needs the rights `queue:NAME.put` and `queue:NAME.take`
   * there.
   *
   * @param name Its name: 1 to 128 of `A-Z a-z 0-9 _ -`. It is made with its first message.
   * @returns The queue.
   * @throws {DariError} `invalid_params` for a name that cannot be one.
   */
  queue<T = unknown>(name: string): Queue<T> {
    return queueOf<T>(this as unknown as Client, name);
  }
}
