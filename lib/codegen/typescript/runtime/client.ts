/**
 * The client: calls, retries, and connecting again.
 *
 * @module
 */

import { DariError, errorNamed } from "./errors.ts";
import { Link } from "./link.ts";
import { type CallOptions, inTime, metaOf, type Method, resultOf, Retries } from "./method.ts";
import type { Reply } from "./method.ts";
import { KEEPS_KEYS } from "./plans.ts";
import { type Ask, signInByPassword } from "./sign_in.ts";
import { Stream, type StreamOptions } from "./stream.ts";
import { type Plans, textOf } from "./values.ts";
import { openWire, type Trust } from "./wire.ts";

/** How a client connects and signs in. A client certificate signs in too. */
export interface ConnectOptions extends Trust {
  /** Signs in by an API key. */
  readonly apiKey?: string | undefined;
  /** Signs in by a password, which stays here (SCRAM). */
  readonly login?: {
    readonly username: string;
    readonly password: string;
    /**
     * Asks the user for the code of a second factor, where the account has one: `kinds` may be `totp`,
     * for the code of an authenticator app, and `recovery`. Without it such a sign-in fails with
     * `second_factor_required`. The session goes on after a lost connection, so the user is asked once.
     */
    readonly code?: ((kinds: readonly string[]) => string | Promise<string>) | undefined;
  } | undefined;
  /** How long a call that names no deadline may take, in milliseconds. 30,000 by default. */
  readonly timeoutMs?: number | undefined;
}

const TIMEOUT_MS = 30_000; // what a server gives a call that names no deadline
const CONNECT_TIMEOUT_MS = 10_000;

/** A connection to a server that is made again where it was lost. */
export class Client {
  readonly #address: string;
  readonly #options: ConnectOptions;
  readonly #timeoutMs: number;
  readonly #retries = new Retries();
  /** Where named types have dates and bytes. */
  readonly #plans: Plans;
  #link: Link | undefined;
  #connecting: Promise<Link> | undefined;
  #isClosed = false;
  /** That of a session for which a code was asked. */
  #token: string | undefined;

  constructor(address: string, options: ConnectOptions = {}, plans: Plans = {}) {
    this.#address = address;
    this.#options = options;
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#plans = plans;
  }

  /**
   * Calls any method; the functions of this file are the same with types. A call that is idempotent,
   * or has a key that the server remembers, is made again where the server is unavailable.
   */
  async call(
    method: string,
    params: unknown = {},
    options: CallOptions & { readonly idempotent?: boolean } = {},
  ): Promise<unknown> {
    const { idempotent = false } = options;
    return await this.run(
      { name: method, isIdempotent: idempotent, hasBytes: true },
      params,
      options,
    );
  }

  /** Calls any method that streams. */
  stream(method: string, params: unknown = {}, options: StreamOptions = {}): Stream<unknown> {
    return this.open({ name: method, hasBytes: true }, params, options);
  }

  /** Calls a method without waiting for an answer. */
  async notify(method: string, params: unknown = {}): Promise<void> {
    const link = this.#usable() ?? await this.connect();
    link.notify(JSON.stringify(method), textOf(params, true));
  }

  /** Ends the connection and every call on it. */
  close(): void {
    this.#isClosed = true;
    this.#link?.close(errorNamed("unavailable", "This client is closed"));
  }

  /** Calls a method of the document. */
  async run(method: Method, params: unknown, options: CallOptions): Promise<unknown> {
    const timeoutMs = options.timeoutMs ?? this.#timeoutMs;
    const deadline = Date.now() + timeoutMs;
    const text = textOf(params, method.hasBytes === true);
    const mayRepeat = method.isIdempotent === true ||
      (KEEPS_KEYS && options.idempotencyKey !== undefined);
    for (let attempt = 1;; attempt++) {
      try {
        const result = await this.#try(method, text, deadline, options);
        this.#retries.succeeded();
        return result;
      } catch (error) {
        if (!(error instanceof DariError) || this.#isClosed) throw error;
        const pauseMs = this.#retries.pauseMs(error, attempt, mayRepeat);
        if (pauseMs === undefined || Date.now() + pauseMs >= deadline) throw error;
        await inTime<void>(
          (settle) => {
            const timer = setTimeout(settle, pauseMs);
            return () => clearTimeout(timer);
          },
          deadline - Date.now(),
          options.signal,
        );
      }
    }
  }

  /** Begins a method of the document that streams. */
  open(method: Method, params: unknown, options: StreamOptions): Stream<unknown> {
    const deadline = Date.now() + (options.timeoutMs ?? this.#timeoutMs);
    const text = textOf(params, method.hasBytes === true);
    const link = this.#usable() ?? this.connect(deadline - Date.now());
    return new Stream(link, method, text, deadline, options, this.#plans);
  }

  /** Connects where there is no connection. */
  connect(leftMs = this.#timeoutMs): Promise<Link> {
    const usable = this.#usable();
    if (usable !== undefined) return Promise.resolve(usable);
    if (this.#isClosed) {
      return Promise.reject(errorNamed("unavailable", "This client is closed"));
    }
    this.#connecting ??= this.#connectOnce(Math.min(leftMs, CONNECT_TIMEOUT_MS))
      .finally(() => this.#connecting = undefined);
    return this.#connecting;
  }

  async #try(
    method: Method,
    params: string,
    deadline: number,
    options: CallOptions,
  ): Promise<unknown> {
    const link = this.#usable() ?? await this.connect(deadline - Date.now());
    const leftMs = deadline - Date.now();
    const isDefault = options.timeoutMs === undefined && this.#timeoutMs === TIMEOUT_MS;
    const meta = metaOf(options, leftMs, isDefault);
    const reply = await inTime<Reply>(
      (settle) => {
        const id = link.begin(JSON.stringify(method.name), params, meta, { settle });
        return () => link.forget(id);
      },
      leftMs,
      options.signal,
    );
    try {
      return resultOf(reply, method, this.#plans);
    } catch (error) {
      if (error instanceof DariError && error.data.stopping === true) {
        // The next call connects anew; calls that run on the connection go on.
        if (this.#link === link) this.#link = undefined;
        link.retire();
      }
      throw error;
    }
  }

  #usable(): Link | undefined {
    return this.#link?.failure === undefined ? this.#link : undefined;
  }

  async #connectOnce(timeoutMs: number): Promise<Link> {
    try {
      return await this.#connectWith(timeoutMs, undefined);
    } catch (error) {
      const ask = this.#options.login?.code;
      const isAsked = error instanceof DariError && error.name === "second_factor_required";
      if (!isAsked || ask === undefined) throw error;
      const { kinds } = error.data;
      const code = await ask(Array.isArray(kinds) ? kinds.map(String) : []);
      // A server does not wait for a sign-in as long as a user may look for a code.
      return await this.#connectWith(CONNECT_TIMEOUT_MS, code);
    }
  }

  async #connectWith(timeoutMs: number, code: string | undefined): Promise<Link> {
    const link = new Link(await openWire(this.#address, this.#options, timeoutMs));
    try {
      await this.#signIn(link, code);
      if (this.#isClosed) throw errorNamed("unavailable", "This client is closed");
    } catch (error) {
      link.close(errorNamed("unavailable", "The sign-in failed"));
      if (error instanceof DariError) throw error;
      throw errorNamed("unauthenticated", "The server's answers to the sign-in are odd", error);
    }
    return this.#link = link;
  }

  async #signIn(link: Link, code: string | undefined): Promise<void> {
    const { apiKey, login } = this.#options;
    const ask = async (name: string, params: { [name: string]: unknown }): Promise<unknown> => {
      const reply = await inTime<Reply>(
        (settle) => {
          const id = link.begin(JSON.stringify(name), JSON.stringify(params), "", { settle });
          return () => link.forget(id);
        },
        CONNECT_TIMEOUT_MS,
        undefined,
      );
      return resultOf(reply, { name }, {});
    };
    if (apiKey !== undefined) return void await ask("rpc.authenticate", { token: apiKey });
    if (login === undefined || await this.#goesOn(ask)) return;
    const session = await signInByPassword(ask, login, link.binding, code);
    this.#token = code === undefined ? undefined : session.token;
  }

  /** Whether the session of before is still there. */
  async #goesOn(ask: Ask): Promise<boolean> {
    const token = this.#token;
    this.#token = undefined;
    if (token === undefined) return false;
    try {
      await ask("rpc.authenticate", { token });
      this.#token = token;
      return true;
    } catch (error) {
      if (error instanceof DariError && error.name === "unauthenticated") return false;
      this.#token = token; // it was not the session that failed
      throw error;
    }
  }
}
