/**
 * The calling side: picks a link for each call, and tries again what may be tried again.
 *
 * @module
 */

import { type Clock, systemClock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import type { Peer } from "../../transport/connection.ts";
import type { CallOptions, StreamOptions } from "../call/caller.ts";
import type { CallStream } from "../call/item_stream.ts";
import type { ItemOf, Methods, ParamsOf, ResultOf } from "../method/method.ts";
import { connectWithin, pause, tooLate } from "./call_waits.ts";
import { Link, type LinkOptions } from "./link.ts";
import { OnlyLink, type Picker } from "./picker.ts";
import { BackoffRetryPolicy, type RetryPolicy } from "./retry.ts";
import { openStream } from "./stream.ts";

/** What one call of a client takes beside method and params. */
export interface ClientCallOptions extends CallOptions {
  /**
   * The call may be made twice without harm, so it is tried again when the server could not be
   * reached or was too busy, inside the same deadline.
   *
   * @default {false}
   */
  idempotent?: boolean | undefined;
}

/** What a client is made with. */
export interface ClientOptions extends LinkOptions {
  /**
   * The deadline of a call that names none, in milliseconds; `Infinity` for the longest that a server
   * grants. Streams have none of their own.
   *
   * @default {30_000}
   */
  readonly timeoutMs?: number | undefined;
  /** Gives numbers from 0 to less than 1; spreads retries. */
  readonly random?: (() => number) | undefined;
}

/** The names of methods. */
export type NameOf<M> = keyof M & string;

/** The arguments of a call behind the method's name: params by name or by position, and options. */
export type CallArguments<Params, Options> = undefined extends Params
  ? [params?: Params | readonly unknown[], options?: Options]
  : [params: Params | readonly unknown[], options?: Options];

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
  readonly #retry: RetryPolicy;
  readonly #clock: Clock;
  readonly #timeoutMs: number | undefined;

  /**
   * Makes a client that connects with its first call.
   *
   * @param options How to connect, sign in and be called back.
   * @throws {TypeError} For methods that cannot be offered.
   */
  constructor(options: ClientOptions) {
    const { clock = systemClock, random = Math.random, timeoutMs } = options;
    this.#picker = new OnlyLink(new Link(options));
    this.#retry = new BackoffRetryPolicy(clock, random);
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /** The server, while connected. */
  get peer(): Peer | undefined {
    return this.#picker.links.find(({ status }) => status === "connected")?.peer;
  }

  /**
   * Connects now instead of with the first call.
   *
   * @throws {TransportError} `unavailable` when the server cannot be reached, or the client is closed.
   * @throws {DariError} `unauthenticated` when it does not accept the credential.
   */
  async connect(): Promise<void> {
    await this.#picker.pick().connect();
  }

  /**
   * Calls a method.
   *
   * @param method Its name.
   * @param args Its params, by name or by position, and options for this call.
   * @returns Its result.
   * @throws {RpcError} What the server answered.
   * @throws {DariError} `deadline_exceeded`, `cancelled`, `invalid_params`.
   * @throws {TransportError} `unavailable` when the connection cannot be made or ended.
   */
  call<K extends NameOf<M>>(
    method: K,
    ...args: CallArguments<ParamsOf<M[K]>, ClientCallOptions>
  ): Promise<ResultOf<M[K]>> {
    const [params, options] = args as [unknown, ClientCallOptions | undefined];
    // The way of nearly every call: connected, and nothing asked beyond the default.
    if (options === undefined && this.#timeoutMs === undefined) {
      const { caller } = this.#picker.pick();
      if (caller !== undefined) return caller.call(method, params) as Promise<ResultOf<M[K]>>;
    }
    return this.#callWith(method, params, options ?? {}) as Promise<ResultOf<M[K]>>;
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
    const [params, options = {}] = args as [unknown, StreamOptions | undefined];
    const stream = openStream(this.#picker.pick(), { method, params, options }, this.#clock);
    return stream as CallStream<ItemOf<M[K]>>;
  }

  /**
   * Calls a method without wanting an answer, not even an error.
   *
   * @param method Its name.
   * @param args Its params.
   * @throws {DariError} `invalid_params` for params that have no JSON form.
   * @throws {TransportError} `unavailable` when the connection cannot be made.
   */
  async notify<K extends NameOf<M>>(
    method: K,
    ...args: CallArguments<ParamsOf<M[K]>, never>
  ): Promise<void> {
    const link = this.#picker.pick();
    const caller = link.caller ?? await link.connect();
    caller.notify(method, args[0]);
  }

  /** Ends the connection for good; calls that wait, also for a connection, reject with `unavailable`. */
  async close(): Promise<void> {
    await Promise.all(this.#picker.links.map((link) => link.close()));
  }

  /** Ends as {@linkcode close} does. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #callWith(method: string, params: unknown, options: ClientCallOptions): Promise<unknown> {
    const { idempotent = false, timeoutMs = this.#timeoutMs, ...rest } = options;
    const { signal } = rest;
    const clock = this.#clock;
    const deadlineAt = clock.monotonic() + (timeoutMs ?? limits.callTimeoutMs);
    for (let tries = 1;; tries++) {
      try {
        const link = this.#picker.pick();
        const caller = link.caller ?? await connectWithin(
          () => link.connect(),
          { method, signal, timeoutMs: deadlineAt - clock.monotonic() },
        );
        const leftMs = deadlineAt - clock.monotonic();
        if (leftMs <= 0) throw tooLate(method);
        // Both sides know the default deadline: it need not travel.
        const hasDefault = tries === 1 && timeoutMs === undefined;
        const sent = hasDefault ? rest : { ...rest, timeoutMs: leftMs };
        const result = await caller.call(method, params, sent);
        this.#retry.succeeded();
        return result;
      } catch (error) {
        const pauseMs = idempotent ? this.#retry.pauseMs({ error, tries, deadlineAt }) : undefined;
        if (pauseMs === undefined) throw error;
        await pause(pauseMs, { method, signal });
      }
    }
  }
}
