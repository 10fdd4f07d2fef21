/**
 * Queues at the other end of a connection.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type { ClientCallOptions } from "../../rpc/client/client_options.ts";
import type {
  DeadLetter,
  DeadLetterPage,
  LeasedMessage,
  NackOptions,
  NackResult,
  NewMessage,
  PurgeOptions,
  PutReceipt,
  QueueOperations,
  QueueState,
  TakeOptions,
} from "../queue/operations.ts";
import { answering, Queue } from "../queue/queue.ts";
import type { QueueSettings } from "../queue/settings.ts";

/** The part of a client that queues need. */
export interface QueueCaller {
  /** Calls a method of the server. */
  call(method: string, params: unknown, options?: ClientCallOptions): Promise<unknown>;
}

/**
 * A queue at the other end of a connection. What it does needs a right there: `queue:NAME.put` to put,
 * `queue:NAME.take` to take and to answer.
 *
 * @param client The client; any connection of it serves.
 * @param name The name of the queue: 1 to 128 of `A-Z a-z 0-9 _ -`.
 * @returns The queue.
 * @throws {DariError} `invalid_params` for a name that cannot be one.
 *
 * @example
 * ```ts
 * import { connect, listenMemory, serve } from "@dari/dari";
 * import { EmbeddedQueues, queueOf } from "@dari/dari/messages";
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
 *   const emails = queueOf<{ to: string }>(client, "emails");
 *   await emails.put({ to: "alice@example.com" }, { id: "welcome-alice" });
 *   const message = await emails.take({ waitMs: 5_000 });
 *   assertEquals(message?.value.to, "alice@example.com");
 *   await message?.ack();
 * }
 * await Deno.remove(directory, { recursive: true });
 * ```
 */
export function queueOf<T = unknown>(client: QueueCaller, name: string): Queue<T> {
  const operations = new RemoteQueues(client);
  return new Queue(operations, name, answering<T>(operations));
}

/**
 * The queues of the server that a client is connected to: what {@linkcode queueOf} works with.
 *
 * @example
 * ```ts
 * import { RemoteQueues } from "@dari/dari/messages";
 * import { assertEquals } from "@std/assert";
 *
 * const client = { call: () => Promise.resolve({ queues: [] }) };
 * assertEquals(await new RemoteQueues(client).list(), []);
 * ```
 */
export class RemoteQueues implements QueueOperations {
  readonly #client: QueueCaller;

  /**
   * Makes them.
   *
   * @param client The client; closing it stays with the caller.
   */
  constructor(client: QueueCaller) {
    this.#client = client;
  }

  async put(queue: string, messages: readonly NewMessage[]): Promise<PutReceipt[]> {
    const result = await this.#call("put", { queue, messages });
    return (result as { messages: PutReceipt[] }).messages;
  }

  async take(
    queue: string,
    { signal, ...options }: TakeOptions = {},
  ): Promise<LeasedMessage[]> {
    const { waitMs = 0 } = options;
    // The server answers before the call's own deadline, also where it waits for long.
    const timeoutMs = Math.min(limits.callTimeoutMs + waitMs, limits.maxCallTimeoutMs);
    const given = { timeoutMs, ...(signal && { signal }) };
    const result = await this.#call("take", { queue, ...defined(options) }, given);
    return (result as { messages: LeasedMessage[] }).messages;
  }

  async ack(queue: string, lease: string): Promise<void> {
    await this.#call("ack", { queue, lease });
  }

  async nack(queue: string, lease: string, options: NackOptions = {}): Promise<NackResult> {
    return await this.#call("nack", { queue, lease, ...defined(options) }) as NackResult;
  }

  async extend(
    queue: string,
    lease: string,
    leaseMs?: number,
  ): Promise<{ readonly endsAtMs: number }> {
    const params = { queue, lease, ...defined({ leaseMs }) };
    return await this.#call("extend", params) as { endsAtMs: number };
  }

  async show(queue: string): Promise<QueueState> {
    return await this.#call("show", { queue }) as QueueState;
  }

  async list(): Promise<QueueState[]> {
    return (await this.#call("list", {}) as { queues: QueueState[] }).queues;
  }

  async configure(queue: string, settings: Partial<QueueSettings>): Promise<QueueState> {
    return await this.#call("configure", { queue, settings }) as QueueState;
  }

  async pause(queue: string): Promise<QueueState> {
    return await this.#call("pause", { queue }) as QueueState;
  }

  async resume(queue: string): Promise<QueueState> {
    return await this.#call("resume", { queue }) as QueueState;
  }

  async purge(queue: string, options: PurgeOptions = {}): Promise<{ readonly removed: number }> {
    return await this.#call("purge", { queue, ...defined(options) }) as { removed: number };
  }

  async dead(queue: string, page: DeadLetterPage = {}): Promise<DeadLetter[]> {
    const result = await this.#call("dead", { queue, ...defined(page) });
    return (result as { messages: DeadLetter[] }).messages;
  }

  async retry(queue: string, numbers?: readonly number[]): Promise<{ readonly retried: number }> {
    return await this.#call("retry", { queue, ...defined({ numbers }) }) as { retried: number };
  }

  #call(name: string, params: unknown, options?: ClientCallOptions): Promise<unknown> {
    return this.#client.call(`rpc.queue.${name}`, params, options);
  }
}

/** Leaves out members that are `undefined`: they would travel as such. */
export function defined<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
}
