/**
 * The calling half of a connection: sends requests, and gives each caller the reply to its own.
 *
 * @module
 */

import { DariError, TransportError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { encodeNotification, encodeRequest } from "../../protocol/encode.ts";
import type { Meta } from "../../protocol/message.ts";
import type { Peer } from "../../transport/connection.ts";
import type { ItemStream } from "./item_stream.ts";
import type { Outbox } from "./outbox.ts";
import { type WaitingCall, WaitingCalls } from "./waiting_calls.ts";

/** What a call takes beside method and params. */
export interface CallOptions {
  /**
   * How long to wait, in milliseconds, connecting included; the server learns what is left of it. A
   * stream without one may take as long as any call may ask for, 24 hours.
   *
   * @default {30_000}
   */
  timeoutMs?: number | undefined;
  /** Cancels the call, also while the client still connects. */
  signal?: AbortSignal | undefined;
  /** A session token or an API key for this call alone. */
  auth?: string | undefined;
  /** Trace and idempotency key. */
  meta?: Omit<Meta, "timeoutMs" | "credit"> | undefined;
}

/** What a call that streams takes beside method and params. */
export interface StreamOptions extends CallOptions {
  /**
   * How many items may be on their way to a reader that has not asked for them yet.
   *
   * @default {256}
   */
  credit?: number | undefined;
}

/** The notification by which a caller cancels its call: `{ id }`. */
export const CANCEL = "rpc.cancel";
/** The notification that lets a stream send more: `{ id, count }`. */
export const CREDIT = "rpc.credit";

const NO_OPTIONS: CallOptions = Object.freeze({});

/** Calls the other side of one connection. */
export class Caller {
  /** The calls that wait for their reply: replies and items that arrive go there. */
  readonly waiting: WaitingCalls;
  /** The connection's; the connection closes it. */
  readonly #outbox: Outbox;
  readonly #peer: Peer;
  readonly #monotonic: () => number;
  /** Why the connection ended. Set once, by `end`. */
  #ended: TransportError | undefined;
  /** The time of this turn of the event loop, where a call was made in it. */
  #turnTime = 0;
  #isTurnTimed = false;

  /**
   * @param outbox Where requests go.
   * @param peer The other side, for messages.
   * @param monotonic The clock of the deadlines, in milliseconds.
   */
  constructor(outbox: Outbox, peer: Peer, monotonic: () => number) {
    this.#outbox = outbox;
    this.#peer = peer;
    this.#monotonic = monotonic;
    this.waiting = new WaitingCalls(monotonic, (id) => this.#sendCancel(id));
  }

  /**
   * Calls a method of the other side.
   *
   * @param method Its name.
   * @param params An object or an array.
   * @param options Deadline, cancellation, credentials.
   * @returns Its result.
   * @throws {RpcError} What the other side answered.
   * @throws {DariError} `deadline_exceeded`, `cancelled`, `invalid_params`.
   * @throws {TransportError} `unavailable` when the connection ended.
   */
  call(method: string, params: unknown, options: CallOptions = NO_OPTIONS): Promise<unknown> {
    return new Promise((resolve, reject) =>
      this.#send(
        { id: 0, method, deadlineAt: 0, resolve, reject, stream: undefined },
        params,
        options,
      )
    );
  }

  /**
   * Calls a method of the other side that streams.
   *
   * @param stream Gets its items, and its end or its error.
   * @param method Its name.
   * @param params An object or an array.
   * @param options Deadline, cancellation, credentials; without `timeoutMs` the longest deadline.
   */
  startStream(
    stream: ItemStream<unknown>,
    method: string,
    params: unknown,
    options: CallOptions = NO_OPTIONS,
  ): void {
    const call: WaitingCall = {
      id: 0,
      method,
      deadlineAt: 0,
      resolve: (result) => stream.finish(result),
      reject: (error) => stream.fail(error),
      stream,
    };
    const { timeoutMs = limits.maxCallTimeoutMs } = options;
    this.#send(call, params, { ...options, timeoutMs });
    stream.attach({
      grant: (count) => this.notify(CREDIT, { id: call.id, count }),
      cancel: () => {
        if (this.waiting.abandon(call.id, undefined)) this.#sendCancel(call.id);
      },
    });
  }

  /**
   * Sends a notification.
   *
   * @param method Its name.
   * @param params An object or an array.
   */
  notify(method: string, params: unknown): void {
    this.#outbox.pushRequest(encodeNotification(method, params));
  }

  /** The connection ended: every call that waits rejects, and so does every later one. */
  end(error: TransportError): void {
    this.#ended = error;
    this.waiting.rejectAll(error);
  }

  #send(call: WaitingCall, params: unknown, options: CallOptions): void {
    try {
      if (this.#ended !== undefined) throw connectionEnded(this.#peer, this.#ended);
      const { signal, timeoutMs = limits.callTimeoutMs } = options;
      if (signal?.aborted) throw cancelled(call.method, signal);
      call.id = this.waiting.nextId();
      call.deadlineAt = this.#turn() + timeoutMs;
      if (signal) this.#cancelOnAbort(call, signal);
      const extras = extrasOf(options, call.stream?.credit);
      this.#outbox.pushRequest(encodeRequest(call.id, call.method, params, extras));
      this.waiting.add(call);
    } catch (error) {
      call.reject(error);
    }
  }

  /** A signal may outlive many calls: a call that has ended leaves no listener on it. */
  #cancelOnAbort(call: WaitingCall, signal: AbortSignal): void {
    const { id, method, resolve, reject } = call;
    const onAbort = () => {
      if (this.waiting.abandon(id, cancelled(method, signal))) this.#sendCancel(id);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    call.resolve = (result) => {
      signal.removeEventListener("abort", onAbort);
      resolve(result);
    };
    call.reject = (error) => {
      signal.removeEventListener("abort", onAbort);
      reject(error);
    };
  }

  /** Tells the other side that nobody waits for a call any more. */
  #sendCancel(id: number): void {
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

/** A whole number of milliseconds that the other side takes: JSON cannot say `Infinity`. */
function wireTimeoutOf(timeoutMs: number): number {
  return Math.min(limits.maxCallTimeoutMs, Math.max(1, Math.round(timeoutMs)));
}

/**
 * The error of a call whose caller's signal aborted.
 *
 * @param method The method that was called.
 * @param signal The signal.
 * @returns The error; its cause is the signal's reason.
 */
export function cancelled(method: string, signal: AbortSignal): DariError {
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
