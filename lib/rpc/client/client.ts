/**
 * The calling side: one connection that is made again when it breaks.
 *
 * @module
 */

import type { Principal } from "../../auth/policy/principal.ts";
import { type Clock, systemClock } from "../../base/clock.ts";
import { DariError, TransportError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Connection, Peer } from "../../transport/connection.ts";
import type { ItemOf, Methods, ParamsOf, ResultOf } from "../method/method.ts";
import { createPeerGate } from "../server/peer_gate.ts";
import { registerMethods } from "../method/registry.ts";
import { RetryPolicy } from "./retry.ts";
import type { CallOptions, StreamOptions } from "../call/caller.ts";
import { RpcConnection } from "../connection/rpc_connection.ts";

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

/** A connection that is about to be signed in. */
export interface OpenSession {
  /** The server, and what a sign-in can be bound to. */
  readonly peer: Peer;
  /** Resolves when the connection has ended. */
  readonly closed: Promise<unknown>;
  /** Calls a method on it. */
  call(method: string, params: unknown): Promise<unknown>;
}

/** What a client is made with. */
export interface ClientOptions {
  /** Opens a connection. */
  readonly dial: (signal: AbortSignal) => Promise<Connection>;
  /** Signs a new connection in before anything else is sent on it. */
  readonly signIn?: ((session: OpenSession) => Promise<void>) | undefined;
  /** Methods that the server may call on this side. */
  readonly methods?: Methods | undefined;
  /**
   * The deadline of a call that names none, in milliseconds.
   *
   * @default {30_000}
   */
  readonly timeoutMs?: number | undefined;
  /** Time for connecting and signing in, in milliseconds. */
  readonly connectTimeoutMs?: number | undefined;
  /** Where the time comes from. */
  readonly clock?: Clock | undefined;
  /** Gives numbers from 0 to less than 1; spreads retries. */
  readonly random?: (() => number) | undefined;
}

/** The names of methods. */
export type NameOf<M> = keyof M & string;

/** The arguments of a call behind the method's name: params by name or by position, and options. */
export type CallArguments<Params, Options> = undefined extends Params
  ? [params?: Params | readonly unknown[], options?: Options]
  : [params: Params | readonly unknown[], options?: Options];

/** Calls the methods of one server. Make one with `connect`. */
export class Client<M extends Methods = Methods> implements AsyncDisposable {
  readonly #options: ClientOptions;
  readonly #retry: RetryPolicy;
  #session: RpcConnection | undefined;
  #connecting: Promise<RpcConnection> | undefined;
  #isClosed = false;

  /**
   * Makes a client that connects with its first call.
   *
   * @param options How to connect, sign in and be called back.
   */
  constructor(options: ClientOptions) {
    this.#options = options;
    this.#retry = new RetryPolicy(options.random ?? Math.random);
  }

  /** The server, while connected. */
  get peer(): Peer | undefined {
    return this.#session?.peer;
  }

  /**
   * Connects now instead of with the first call.
   *
   * @throws {TransportError} `unavailable` when the server cannot be reached.
   * @throws {DariError} `unauthenticated` when it does not accept the credential.
   */
  async connect(): Promise<void> {
    await this.#open();
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
    const session = this.#session;
    // The way of nearly every call: connected, and nothing asked beyond the default.
    if (session?.isOpen && options === undefined && this.#options.timeoutMs === undefined) {
      return session.call(method, params) as Promise<ResultOf<M[K]>>;
    }
    return this.#callWith(method, params, options ?? {}) as Promise<ResultOf<M[K]>>;
  }

  /**
   * Calls a method that streams.
   *
   * @param method Its name.
   * @param args Its params, by name or by position, and options for this call.
   * @returns Its items. Leaving the loop early tells the server to stop. What a method that does not
   * stream returns is the return value of the generator.
   */
  async *stream<K extends NameOf<M>>(
    method: K,
    ...args: CallArguments<ParamsOf<M[K]>, StreamOptions>
  ): AsyncGenerator<ItemOf<M[K]>, unknown> {
    const [params, options] = args as [unknown, StreamOptions | undefined];
    const session = await this.#open();
    return yield* session.stream(method, params, options) as AsyncIterable<ItemOf<M[K]>, unknown>;
  }

  /**
   * Calls a method without wanting an answer, not even an error.
   *
   * @param method Its name.
   * @param args Its params.
   */
  async notify<K extends NameOf<M>>(
    method: K,
    ...args: CallArguments<ParamsOf<M[K]>, never>
  ): Promise<void> {
    (await this.#open()).notify(method, args[0]);
  }

  /** Ends the connection; calls that wait reject with `unavailable`. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const session = this.#session ?? await this.#connecting?.catch(() => undefined);
    // Nothing is on its way: there is no need to wait until the other side has seen the end.
    if (session?.isQuiet) session.abort("closed");
    else await session?.close();
  }

  /** Ends as {@linkcode close} does. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #callWith(method: string, params: unknown, options: ClientCallOptions): Promise<unknown> {
    const { idempotent = false, timeoutMs = this.#options.timeoutMs, ...rest } = options;
    const clock = this.#options.clock ?? systemClock;
    const deadlineAt = clock.monotonic() + (timeoutMs ?? limits.callTimeoutMs);
    for (let attempt = 1;; attempt++) {
      try {
        const session = await this.#openFor(
          method,
          deadlineAt - clock.monotonic(),
          options.signal,
        );
        const leftMs = deadlineAt - clock.monotonic();
        if (leftMs <= 0) throw tooLate(method);
        const isPlain = attempt === 1 && timeoutMs === undefined;
        const result = await session.call(
          method,
          params,
          isPlain ? rest : { ...rest, timeoutMs: leftMs },
        );
        this.#retry.succeeded();
        return result;
      } catch (error) {
        const pauseMs = idempotent ? this.#retry.pauseMs(error, attempt) : undefined;
        if (pauseMs === undefined || clock.monotonic() + pauseMs >= deadlineAt) throw error;
        await sleep(pauseMs, options.signal);
      }
    }
  }

  /** Waits for a connection as long as one call may; the connecting itself goes on. */
  async #openFor(
    method: string,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): Promise<RpcConnection> {
    if (this.#session?.isOpen) return this.#session;
    const { promise, reject } = Promise.withResolvers<never>();
    const cancel = () => reject(cancelled(signal?.reason));
    if (signal?.aborted) cancel();
    signal?.addEventListener("abort", cancel);
    const timer = setTimeout(() => reject(tooLate(method)), Math.min(timeoutMs, 2 ** 31 - 1));
    try {
      return await Promise.race([promise, this.#open()]);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", cancel);
    }
  }

  #open(): Promise<RpcConnection> {
    if (this.#isClosed) {
      return Promise.reject(new TransportError("unavailable", "The client is closed"));
    }
    if (this.#session?.isOpen) return Promise.resolve(this.#session);
    this.#connecting ??= this.#connect().finally(() => this.#connecting = undefined);
    return this.#connecting;
  }

  async #connect(): Promise<RpcConnection> {
    const { connectTimeoutMs = limits.connectTimeoutMs } = this.#options;
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), connectTimeoutMs);
    try {
      return await this.#openSession(controller.signal);
    } catch (cause) {
      if (!controller.signal.aborted) throw cause;
      throw new TransportError("unavailable", `No connection within ${connectTimeoutMs} ms`, {
        cause,
      });
    } finally {
      clearTimeout(timer);
    }
  }

  async #openSession(signal: AbortSignal): Promise<RpcConnection> {
    const { dial, signIn, methods = {} } = this.#options;
    const connection = await dial(signal);
    if (signal.aborted) {
      connection.abort();
      throw signal.reason;
    }
    const session = new RpcConnection(connection, {
      methods: registerMethods(methods),
      gate: createPeerGate(),
      observer: {},
      clock: this.#options.clock ?? systemClock,
      callTimeoutMs: limits.callTimeoutMs,
      maxCallTimeoutMs: limits.maxCallTimeoutMs,
      maxCallsInFlight: limits.maxCallsInFlight,
    });
    session.principal = SERVER;
    signal.addEventListener("abort", () => session.abort("signing in took too long"));
    session.run();
    try {
      if (signIn) await signIn(session);
    } catch (error) {
      await session.close();
      throw error;
    }
    if (this.#isClosed) await session.close();
    this.#session = session;
    return session;
  }
}

/** The server, as the methods that a client offers see it: whom one connects to, one trusts. */
const SERVER: Principal = Object.freeze({
  name: "server",
  kind: "local",
  roles: [],
  credentialId: "server",
});

function tooLate(method: string): DariError {
  return new DariError("deadline_exceeded", `"${method}" could not be sent before its deadline`);
}

function cancelled(cause: unknown): DariError {
  return new DariError("cancelled", "The call was cancelled", { cause });
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(cancelled(signal.reason));
    }, { once: true });
  });
}
