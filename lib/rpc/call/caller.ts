/**
 * The calling half of a session: sends requests and settles their replies.
 *
 * @module
 */

import { DariError, TransportError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { encodeNotification, encodeRequest } from "../../protocol/encode.ts";
import type { Meta } from "../../protocol/message.ts";
import type { Peer } from "../../transport/connection.ts";
import { WaitingCalls } from "./waiting_calls.ts";
import { ItemStream } from "./item_stream.ts";
import type { Outbox } from "./outbox.ts";

/** What a call takes beside method and params. */
export interface CallOptions {
  /**
   * How long to wait, in milliseconds; the server learns what is left of it.
   *
   * @default {30_000}
   */
  timeoutMs?: number | undefined;
  /** Cancels the call. */
  signal?: AbortSignal | undefined;
  /** A session token or an API key for this call alone. */
  auth?: string | undefined;
  /** Trace and idempotency key. */
  meta?: Omit<Meta, "timeoutMs" | "credit"> | undefined;
}

/** What one stream takes beside method and params. */
export interface StreamOptions extends CallOptions {
  /**
   * How many items may be on their way to a reader that has not asked for them yet.
   *
   * @default {256}
   */
  credit?: number | undefined;
}

/** The notification that ends a call at its caller's wish: `{ id }`. */
export const CANCEL = "rpc.cancel";
/** The notification that lets a stream send more: `{ id, count }`. */
export const CREDIT = "rpc.credit";

type Settle = (value: unknown) => void;

const NO_OPTIONS: CallOptions = Object.freeze({});

/** Calls the other side of one connection. */
export class Caller {
  readonly #outbox: Outbox;
  readonly #peer: Peer;
  readonly #monotonic: () => number;
  /** The calls that wait for their reply. */
  readonly waiting: WaitingCalls;
  #turnTime = 0;
  #isTurnTimed = false;
  #ended: TransportError | undefined;

  /**
   * @param outbox Where requests go.
   * @param peer The other side, for messages.
   * @param monotonic The clock that deadlines are kept in.
   */
  constructor(outbox: Outbox, peer: Peer, monotonic: () => number) {
    this.#outbox = outbox;
    this.#peer = peer;
    this.#monotonic = monotonic;
    this.waiting = new WaitingCalls(monotonic, (id) => this.#giveUp(id));
  }

  /** Calls a method; see `Session.call`. */
  call(method: string, params: unknown, options: CallOptions = NO_OPTIONS): Promise<unknown> {
    return new Promise((resolve, reject) => this.#start(method, params, options, resolve, reject));
  }

  /** Calls a method that streams; see `Session.stream`. */
  stream(
    method: string,
    params: unknown,
    options: StreamOptions = NO_OPTIONS,
  ): ItemStream<unknown> {
    const credit = options.credit ?? limits.streamCredit;
    let id = 0;
    const stream: ItemStream<unknown> = new ItemStream(
      credit,
      (count) => this.notify(CREDIT, { id, count }),
      () => {
        if (this.waiting.abandon(id, undefined)) this.#giveUp(id);
      },
    );
    id = this.#start(
      method,
      params,
      { ...options, timeoutMs: options.timeoutMs ?? limits.maxCallTimeoutMs },
      (result) => stream.finish(result),
      (error) => stream.fail(error),
      { stream, credit },
    );
    return stream;
  }

  /** Sends a notification. */
  notify(method: string, params: unknown): void {
    this.#outbox.pushRequest(encodeNotification(method, params));
  }

  /** The connection ended: every call that waits rejects, and so does every later one. */
  end(error: TransportError): void {
    this.#ended = error;
    this.waiting.rejectAll(error);
  }

  #start(
    method: string,
    params: unknown,
    options: CallOptions,
    resolve: (result: unknown) => void,
    reject: (error: unknown) => void,
    streaming?: { stream: ItemStream<unknown>; credit: number },
  ): number {
    const id = this.waiting.nextId();
    try {
      if (this.#ended !== undefined) throw connectionEnded(this.#peer, this.#ended);
      const { signal, timeoutMs = limits.callTimeoutMs } = options;
      if (signal?.aborted) throw cancelled(method, signal);
      const deadlineAt = this.#turn() + timeoutMs;
      if (signal) ({ resolve, reject } = this.#cancelOn(signal, id, method, resolve, reject));
      this.#outbox.pushRequest(
        encodeRequest(id, method, params, extrasOf(options, streaming?.credit)),
      );
      this.waiting.add({ id, method, deadlineAt, resolve, reject, stream: streaming?.stream });
    } catch (error) {
      reject(error);
    }
    return id;
  }

  /** A signal may outlive many calls: none of them stays in it once it is settled. */
  #cancelOn(signal: AbortSignal, id: number, method: string, resolve: Settle, reject: Settle) {
    const onAbort = () => {
      if (this.waiting.abandon(id, cancelled(method, signal))) this.#giveUp(id);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    const release = (settle: Settle): Settle => (value) => {
      signal.removeEventListener("abort", onAbort);
      settle(value);
    };
    return { resolve: release(resolve), reject: release(reject) };
  }

  #giveUp(id: number): void {
    if (this.#ended === undefined) this.notify(CANCEL, { id });
  }

  /** The time, read once for all calls that are made in one turn. */
  #turn(): number {
    if (!this.#isTurnTimed) {
      this.#turnTime = this.#monotonic();
      this.#isTurnTimed = true;
      queueMicrotask(() => this.#isTurnTimed = false);
    }
    return this.#turnTime;
  }
}

function extrasOf(options: CallOptions, credit: number | undefined) {
  const { timeoutMs, auth, meta } = options;
  // Without a deadline of its own the call has the default one, which both sides know.
  if (timeoutMs === undefined && auth === undefined && meta === undefined) return undefined;
  return {
    auth,
    meta: {
      ...meta,
      ...(timeoutMs === undefined ? {} : { timeoutMs: wireTimeoutOf(timeoutMs) }),
      ...(credit === undefined ? {} : { credit }),
    },
  };
}

/** A whole number of milliseconds that the other side takes; JSON has none for ever. */
function wireTimeoutOf(timeoutMs: number): number {
  return Math.min(limits.maxCallTimeoutMs, Math.max(1, Math.round(timeoutMs)));
}

function cancelled(method: string, signal: AbortSignal): DariError {
  return new DariError("cancelled", `"${method}" was cancelled`, { cause: signal.reason });
}

/**
 * The error of every call on a connection that ended.
 *
 * @param peer The other side.
 * @param cause Why it ended, where that is known.
 * @returns The error.
 */
export function connectionEnded(peer: Peer, cause: unknown): TransportError {
  const message = cause instanceof TransportError && cause.code === "unavailable"
    ? cause.message // it says why
    : `The connection to ${peer.address} ended`;
  return new TransportError("unavailable", message, { cause });
}
