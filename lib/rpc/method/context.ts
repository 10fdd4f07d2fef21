/**
 * What a handler knows of the call that it serves.
 *
 * @module
 */

import type { Principal } from "../../auth/policy/principal.ts";
import type { DariError, ErrorCode } from "../../base/errors.ts";
import type { Id, Meta } from "../../protocol/message.ts";
import type { Peer } from "../../transport/connection.ts";

/** What a handler gets beside its params. */
export interface Context {
  /** Who is calling, whatever proved it; `null` where nobody signed in and the method is public. */
  readonly principal: Principal | null;
  /** The other end of the connection. */
  readonly peer: Peer;
  /** The method's name. */
  readonly method: string;
  /** Aborts at the deadline, when the caller cancels, and when the connection dies. */
  readonly signal: AbortSignal;
  /** When the caller stops waiting, in milliseconds since the epoch. */
  readonly deadline: number;
  /** What travelled with the call: trace, idempotency key. */
  readonly meta: Readonly<Meta>;
  /**
   * Sends a notification to the caller, ahead of the reply.
   *
   * @param method Its name.
   * @param params Its params.
   */
  notify(method: string, params?: unknown): void;
  /**
   * Calls a method that the caller offers on the same connection.
   *
   * @param method Its name.
   * @param params Its params.
   * @returns Its result; the call ends with the one that is served.
   */
  call(method: string, params?: unknown): Promise<unknown>;
}

/** What a call needs of the session that carries it. */
export interface CallHost {
  readonly peer: Peer;
  /** The way back to the caller. */
  readonly caller: {
    notify(method: string, params: unknown): void;
    call(
      method: string,
      params: unknown,
      options: { signal: AbortSignal; timeoutMs: number },
    ): Promise<unknown>;
  };
  /** Milliseconds of the clock that deadlines are kept in. */
  monotonic(): number;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** Where the text of a reply goes: the outbox, or a batch that waits for the rest. */
export interface Replies {
  /** Takes one reply without its LF. */
  push(reply: string): void;
}

const NO_META: Meta = Object.freeze({});

/** A call that is being served. The abort signal is made only when somebody asks for it. */
export class ServedCall implements Context {
  principal: Principal | null = null;
  readonly method: string;
  /** The request's id, or `undefined` for a notification, which is never answered. */
  readonly id: Id | undefined;
  readonly replies: Replies;
  /** When it came and when it is too late, on the session's clock. */
  readonly startedAt: number;
  readonly deadlineAt: number;
  /** Whether its reply was sent, or would have been. */
  isDone = false;
  /** Why it failed, once it is done. */
  error: ErrorCode | undefined;
  /** Told when the caller grants more items of a stream. */
  onCredit: ((items: number) => void) | undefined;
  readonly #host: CallHost;
  readonly #meta: Meta | undefined;
  #controller: AbortController | undefined;
  #abortReason: DariError | undefined;

  constructor(
    host: CallHost,
    message: { method: string; meta: Meta | undefined },
    id: Id | undefined,
    replies: Replies,
    startedAt: number,
    timeoutMs: number,
  ) {
    this.#host = host;
    this.#meta = message.meta;
    this.method = message.method;
    this.id = id;
    this.replies = replies;
    this.startedAt = startedAt;
    this.deadlineAt = startedAt + timeoutMs;
  }

  get peer(): Peer {
    return this.#host.peer;
  }

  get meta(): Readonly<Meta> {
    return this.#meta ?? NO_META;
  }

  get deadline(): number {
    return this.#host.now() + this.deadlineAt - this.#host.monotonic();
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#abortReason !== undefined) this.#controller.abort(this.#abortReason);
    }
    return this.#controller.signal;
  }

  /** Tells the handler that nobody waits any more. */
  abort(reason: DariError): void {
    this.#abortReason ??= reason;
    this.#controller?.abort(reason);
  }

  notify(method: string, params?: unknown): void {
    this.#host.caller.notify(method, params);
  }

  call(method: string, params?: unknown): Promise<unknown> {
    const timeoutMs = Math.max(1, this.deadlineAt - this.#host.monotonic());
    return this.#host.caller.call(method, params, { signal: this.signal, timeoutMs });
  }
}
