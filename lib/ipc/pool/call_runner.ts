/**
 * Runs a worker's calls, from their params to their replies.
 *
 * Invariant: a worker runs one call at a time. `#current` is that call, or the last one; orders for
 * any other place are late and are ignored.
 *
 * @module
 */

import {
  type AmbientCall,
  type CarriedContext,
  runWithin,
} from "../../base/context/ambient_call.ts";
import { DariError } from "../../base/errors.ts";
import type { WorkerContext } from "../../base/context/worker_context.ts";
import type { MessageWriter } from "../ring/messages.ts";
import { carriedOf } from "./inherit.ts";
import { type Failure, failureOf } from "./wire/failure.ts";
import {
  encodeReply,
  FRAME_KIND,
  NO_TIMEOUT,
  type OwnPayload,
  type Payload,
  payloadOf,
  type RequestFrame,
  status,
  valueOf,
} from "./wire/frame.ts";
import type { Order } from "./wire/protocol.ts";
import type { Place } from "./wire/slots.ts";
import type { Encoding } from "../ring/value.ts";

/** A method of the pool's module. */
export type Handler = (params: unknown, context: WorkerContext) => unknown;

/** Where results go. */
export interface RunnerOptions {
  /** The ring that the pool reads; closed by nobody. */
  readonly results: MessageWriter;
  readonly encoding: Encoding;
  /** The longest result, in bytes. */
  readonly maxMessageBytes: number;
}

/** Runs the calls of one worker. */
export class CallRunner {
  readonly #methods: ReadonlyMap<string, Handler>;
  readonly #options: RunnerOptions;
  #current: RunningCall | undefined;

  constructor(methods: ReadonlyMap<string, Handler>, options: RunnerOptions) {
    this.#methods = methods;
    this.#options = options;
  }

  /** Handles what the pool posts about the current call. */
  handleOrder(order: Order): void {
    const call = this.#currentAt(order.place);
    if (order.type === "params") call?.takePayload(order.payload);
    else call?.cancel();
  }

  /** Asks the pool for params that were too long for the queue, and waits for them. */
  async askParams(request: RequestFrame): Promise<unknown> {
    const call = this.#current = new RunningCall(request);
    await this.#send(encodeReply(call.place, status.ask));
    const { kind, bytes } = await call.payload;
    return valueOf(kind, bytes);
  }

  /**
   * Runs a call. It never throws: an error is the call's reply.
   *
   * @returns `undefined` where the reply is written already, else a promise of that.
   */
  run(request: RequestFrame, params: unknown): Promise<void> | undefined {
    const { method } = request;
    // A call that had to ask for its params may have been cancelled since.
    const call = this.#current = this.#currentAt(request) ?? new RunningCall(request);
    try {
      const handler = this.#methods.get(method);
      if (handler === undefined) {
        throw new DariError("method_not_found", `The pool's module has no method "${method}"`);
      }
      const result = runWithin(call, handler, params);
      return isPromise(result)
        ? this.#replyLater(call, method, result)
        : this.#reply(call, method, result);
    } catch (error) {
      return this.#fail(call, error);
    }
  }

  /** The current call, if it has this place. */
  #currentAt({ slot, generation }: Place): RunningCall | undefined {
    const { place } = this.#current ?? {};
    return place?.slot === slot && place.generation === generation ? this.#current : undefined;
  }

  async #replyLater(
    call: RunningCall,
    method: string,
    result: PromiseLike<unknown>,
  ): Promise<void> {
    try {
      await this.#reply(call, method, await result);
    } catch (error) {
      await this.#fail(call, error);
    }
  }

  #reply(call: RunningCall, method: string, result: unknown): Promise<void> | undefined {
    if (isStream(result)) {
      throw new DariError(
        "failed_precondition",
        `"${method}" returned a stream, but a call of a pool has one result`,
      );
    }
    const payload = payloadOf(result, this.#options.encoding);
    const { maxMessageBytes } = this.#options;
    if (payload.bytes.length > maxMessageBytes) {
      throw new DariError(
        "resource_exhausted",
        `The result of "${method}" has ${payload.bytes.length} bytes, over the limit of ${maxMessageBytes}`,
        { retryable: false },
      );
    }
    call.isAnswered = true;
    return this.#send(encodeReply(call.place, status.result, payload));
  }

  #fail(call: RunningCall, error: unknown): Promise<void> | undefined {
    call.isAnswered = true;
    const failure = failureOf(error);
    const { stack: _, ...inside } = failure;
    const payload = this.#payloadOfFailure(failure) ?? this.#payloadOfFailure(inside);
    if (payload !== undefined) return this.#send(encodeReply(call.place, status.error, payload));
    const { data: _data, ...advice } = inside; // too long, or not to be encoded
    const message = "The error of a method is too long, and so it came without its own words";
    const short = this.#payloadOfFailure(advice) ??
      payloadOf({ ...advice, message }, this.#options.encoding);
    return this.#send(encodeReply(call.place, status.error, short));
  }

  /** An error in a form that may be sent; `undefined` where it is too long or cannot be encoded. */
  #payloadOfFailure(failure: Failure): Payload | undefined {
    try {
      const payload = payloadOf(failure, this.#options.encoding);
      return payload.bytes.length > this.#options.maxMessageBytes ? undefined : payload;
    } catch { // its data
      return undefined;
    }
  }

  #send(frame: Uint8Array): Promise<void> | undefined {
    return this.#options.results.write(FRAME_KIND, frame);
  }
}

/** A call that runs. It is also the context of its method, whose signal is made on first use. */
class RunningCall implements WorkerContext, AmbientCall {
  readonly place: Place;
  readonly method: string;
  readonly deadline: number;
  /** Set when its reply is written, or its error. */
  isAnswered = false;
  readonly #carried: string;
  readonly #payload = Promise.withResolvers<OwnPayload>();
  /** Made by `signal`, aborted by `cancel`. */
  #abort: AbortController | undefined;
  #isCancelled = false;

  constructor({ slot, generation, method, timeoutMs, carried }: RequestFrame) {
    this.place = { slot, generation };
    this.method = method;
    this.#carried = carried;
    this.deadline = timeoutMs === NO_TIMEOUT ? Infinity : Date.now() + timeoutMs;
  }

  /** The params, where the pool posts them. */
  get payload(): Promise<OwnPayload> {
    return this.#payload.promise;
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#isCancelled) this.#abort.abort(cancelled());
    return this.#abort.signal;
  }

  get inherits(): boolean {
    return !this.isAnswered || this.#isCancelled;
  }

  get carried(): CarriedContext {
    return carriedOf(this.#carried);
  }

  leftMs(): number {
    return this.deadline - Date.now();
  }

  takePayload(payload: OwnPayload): void {
    this.#payload.resolve(payload);
  }

  cancel(): void {
    this.#isCancelled = true;
    this.#abort?.abort(cancelled());
  }
}

function cancelled(): DariError {
  return new DariError("cancelled", "The call was cancelled");
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value &&
    typeof value.then === "function";
}

function isStream(value: unknown): boolean {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
