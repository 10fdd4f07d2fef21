/**
 * The calling side: a typed face on the calls of one server.
 *
 * @module
 */

import { isDeclaredError } from "../../base/declared_error.ts";
import type { Peer } from "../../transport/connection.ts";
import type { CallOptions, StreamOptions } from "../call/call_options.ts";
import type { DeclaredErrorOf } from "../method/declared_errors.ts";
import type { ItemOf, Methods, ParamsOf, ResultOf } from "../method/method.ts";
import type { CallStream } from "../stream/item_stream.ts";
import { OnlyLink, type Picker } from "../link/picker.ts";
import type { ClientStatus } from "../link/client_status.ts";
import type { CallArguments, NameOf } from "./call_arguments.ts";
import { ClientCalls } from "./client_calls.ts";
import type { ClientCallOptions, ClientOptions, ClientStats } from "./client_options.ts";
import { type Tried, tried } from "./tried.ts";

/**
 * Calls the methods of one server. `connect` makes one from an address.
 *
 * @example
 * ```ts
 * import { Client, listenMemory, serve } from "@dari/dari";
 * import { assertEquals } from "@std/assert";
 *
 * const methods = { add: ({ a, b }: { a: number; b: number }) => a + b };
 * const memory = listenMemory();
 * await using server = await serve({ listen: memory, methods });
 * await using client = new Client<typeof methods>({ dial: () => memory.connect() });
 * assertEquals(await client.call("add", { a: 1, b: 2 }, { timeoutMs: 5_000 }), 3);
 * ```
 */
export class Client<M extends Methods = Methods> implements AsyncDisposable {
  /** Made here; `close` closes its links. */
  readonly #picker: Picker;
  readonly #calls: ClientCalls;

  /**
   * Makes a client that connects with its first call.
   *
   * @param options How to connect, sign in and be called back.
   * @throws {TypeError} For methods that cannot be offered, and an interceptor that is no function.
   * @throws {RangeError} For times, and numbers of retries, that cannot be used.
   */
  constructor(options: ClientOptions);
  /** @ignore The connections are the picker's. */
  constructor(options: Omit<ClientOptions, "dial">, picker: Picker);
  constructor(
    options: Omit<ClientOptions, "dial">,
    picker: Picker = new OnlyLink(options as ClientOptions),
  ) {
    this.#picker = picker;
    this.#calls = new ClientCalls(picker, options);
  }

  /** The server, while connected. */
  get peer(): Peer | undefined {
    return this.#picker.peer;
  }

  /** Where the connections stand, and what happens to them. */
  get status(): ClientStatus {
    return this.#picker.status;
  }

  /**
   * Waits until a server takes calls, and goes on trying to connect meanwhile.
   *
   * @param options The signal that ends the wait.
   * @throws What {@linkcode connect} throws where trying again does not help, and the signal's reason.
   */
  async ready({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    await this.#picker.ready(signal);
  }

  /**
   * Connects now instead of with the first call.
   *
   * @throws {TransportError} `unavailable` when the server cannot be reached, or the client is closed.
   * @throws {DariError} `unauthenticated` when it does not accept the credential.
   */
  async connect(): Promise<void> {
    await this.#picker.connect();
  }

  /**
   * Calls a method.
   *
   * @param method Its name.
   * @param args Its params, by name or by position, and options for this call.
   * @returns Its result.
   * @throws {RpcError} What the server answered.
   * @throws {DariError} `deadline_exceeded`, `cancelled`, `invalid_params` for params that JSON cannot
   * carry, `resource_exhausted` for params longer than a line or when too many calls wait to be sent,
   * `invalid_request` for a method that streams: that is called by `stream`.
   * @throws {TransportError} `unavailable` when the connection cannot be made or ended.
   */
  call<K extends NameOf<M>>(
    method: K,
    ...args: CallArguments<ParamsOf<M[K]>, ClientCallOptions>
  ): Promise<ResultOf<M[K]>> {
    const [params, given] = args as [unknown, ClientCallOptions | undefined];
    return this.#calls.call(method, params, given) as Promise<ResultOf<M[K]>>;
  }

  /**
   * Calls a method, and returns its error instead of throwing it.
   *
   * @param method Its name.
   * @param args Its params, by name or by position, and options for this call.
   * @returns `ok` with the `value`, or the `error`: typed where `isDeclared` says that the method
   * declares it.
   *
   * @example
   * ```ts
   * import { connect, listenMemory, method, serve } from "@dari/dari";
   * import { assert, assertEquals } from "@std/assert";
   * import { z } from "zod";
   *
   * const methods = {
   *   buy: method({
   *     errors: { out_of_stock: z.object({ left: z.number() }) },
   *     handler(_: { count: number }, { errors }) {
   *       throw errors.out_of_stock({ left: 2 });
   *     },
   *   }),
   * };
   * const memory = listenMemory();
   * await using server = await serve({ listen: memory, methods });
   * await using client = await connect<typeof methods>(memory);
   * const bought = await client.try("buy", { count: 3 });
   * assert(!bought.ok && bought.isDeclared);
   * assertEquals(bought.error.details.left, 2);
   * ```
   */
  try<K extends NameOf<M>>(
    method: K,
    ...args: CallArguments<ParamsOf<M[K]>, ClientCallOptions>
  ): Promise<Tried<ResultOf<M[K]>, DeclaredErrorOf<M[K]>>> {
    return tried(this.call(method, ...args)) as Promise<
      Tried<ResultOf<M[K]>, DeclaredErrorOf<M[K]>>
    >;
  }

  /**
   * Whether an error that was caught is one that a method declares; its details are typed then.
   *
   * @param _method The method that was called.
   * @param error What was caught.
   * @param name The name of the error.
   * @returns Whether it is.
   */
  isDeclared<K extends NameOf<M>, Name extends DeclaredErrorOf<M[K]>["declared"]>(
    _method: K,
    error: unknown,
    name: Name,
  ): error is Extract<DeclaredErrorOf<M[K]>, { declared: Name }> {
    return isDeclaredError(error, name);
  }

  /**
   * Calls a method that streams.
   *
   * @param method Its name.
   * @param args Its params, by name or by position, and options for this call.
   * @returns Its items, at once; what fails, connecting included, fails its `next`. Leaving the loop
   * early tells the server to stop. What a method that does not stream returns is what the iterator
   * returns.
   */
  stream<K extends NameOf<M>>(
    method: K,
    ...args: CallArguments<ParamsOf<M[K]>, StreamOptions>
  ): CallStream<ItemOf<M[K]>> {
    const [params, given] = args as [unknown, StreamOptions | undefined];
    return this.#calls.stream(method, params, given) as CallStream<ItemOf<M[K]>>;
  }

  /**
   * Calls a method without wanting an answer, not even an error.
   *
   * @param method Its name.
   * @param args Its params, and whether it inherits from the call that a handler serves.
   * @returns Once it is handed to the connection. A program that awaits it sends no faster than the
   * server reads.
   * @throws {DariError} `invalid_params` for params that JSON cannot carry, `resource_exhausted` when
   * too much waits to be sent, `deadline_exceeded` when it could not be sent in time.
   * @throws {TransportError} `unavailable` when the connection cannot be made.
   */
  notify<K extends NameOf<M>>(
    method: K,
    ...args: CallArguments<ParamsOf<M[K]>, Pick<CallOptions, "inherit">>
  ): Promise<void> {
    const [params, given] = args as [unknown, CallOptions | undefined];
    return this.#calls.notify(method, params, given);
  }

  /**
   * What the client has counted so far.
   *
   * @returns The numbers, for metrics.
   */
  stats(): ClientStats {
    return this.#calls.stats();
  }

  /**
   * Ends the connection for good, and the session that this client's own login opened. Calls that
   * wait, also for a connection, reject with `unavailable`.
   */
  async close(): Promise<void> {
    this.#calls.close();
    await this.#picker.close();
  }

  /** Ends as {@linkcode close} does. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
