/**
 * A server with its queues.
 *
 * @module
 */

import type { Queue } from "../../messages/queue/queue.ts";
import type { QueueSource } from "../../messages/wire/queue_source.ts";
import { Server } from "../../rpc/server/server.ts";
import type { ServerOptions, SharedBounds } from "../../rpc/server/server_options.ts";

/**
 * What `serve` gives: a {@linkcode Server} that hands out its queues.
 *
 * @example
 * ```ts
 * import { listenMemory, serve } from "@dari/dari";
 * import { EmbeddedQueues } from "@dari/dari/messages";
 * import { openSqliteStore } from "@dari/dari/store";
 * import { assertEquals } from "@std/assert";
 *
 * const directory = await Deno.makeTempDir();
 * {
 *   await using store = await openSqliteStore(`${directory}/dari.db`);
 *   await using queues = new EmbeddedQueues(store);
 *   await using server = await serve({ listen: listenMemory(), methods: {}, queues });
 *   const receipt = await server.queue<string>("emails").put("alice@example.com");
 *   assertEquals(receipt.isDuplicate, false);
 * }
 * await Deno.remove(directory, { recursive: true });
 * ```
 */
export class QueueServer extends Server {
  readonly #queues: QueueSource | undefined;

  /**
   * Makes a server that listens nowhere yet.
   *
   * @param options What a {@linkcode Server} is made of, and its queues.
   * @param shared What it shares with other servers.
   */
  constructor(
    options: ServerOptions & { readonly queues?: QueueSource | undefined },
    shared?: SharedBounds,
  ) {
    super(options, shared);
    this.#queues = options.queues;
  }

  /**
   * A queue as this program itself uses it, whoever else may.
   *
   * @param name Its name: 1 to 128 of `A-Z a-z 0-9 _ -`. It is made with its first message.
   * @returns The queue.
   * @throws {TypeError} When the server was started without queues.
   * @throws {DariError} `invalid_params` for a name that cannot be one.
   */
  queue<T = unknown>(name: string): Queue<T> {
    if (this.#queues !== undefined) return this.#queues.queue<T>(name);
    throw new TypeError("The server has no queues: start it by serve({ queues })");
  }
}
