/**
 * A worker's call under way, from its params to its reply.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import type { MessageWriter } from "../ring/messages.ts";
import { failureOf } from "./pool_failure.ts";
import {
  encodeReply,
  FRAME_KIND,
  type OwnPayload,
  payloadOf,
  type RequestFrame,
  status,
  valueOf,
} from "./pool_frame.ts";
import type { Order } from "./pool_protocol.ts";
import type { Place } from "./pool_slots.ts";
import type { Encoding } from "../ring/value.ts";

/** What a method of the pool's module is. */
export type Handler = (params: unknown, context: { readonly signal: AbortSignal }) => unknown;

/** How results leave. */
export interface RunnerOptions {
  readonly results: MessageWriter;
  readonly encoding: Encoding;
  /** The longest result, in bytes. */
  readonly maxMessageBytes: number;
}

/** Runs one call after the other. */
export class CallRunner {
  readonly #methods: ReadonlyMap<string, Handler>;
  readonly #options: RunnerOptions;
  #current: RunningCall | undefined;

  constructor(methods: ReadonlyMap<string, Handler>, options: RunnerOptions) {
    this.#methods = methods;
    this.#options = options;
  }

  /** Takes what the pool posts about the call under way; anything about an earlier one is late. */
  order(order: Order): void {
    const call = this.#at(order.place);
    if (order.type === "params") call?.takePayload(order.payload);
    else call?.cancel();
  }

  /** Asks the pool for the params that were too long for the queue. */
  async askParams(place: Place): Promise<unknown> {
    const call = this.#current = new RunningCall(place);
    await this.#send(encodeReply(place, status.ask));
    const { kind, bytes } = await call.payload;
    return valueOf(kind, bytes);
  }

  /** @returns `undefined` where the reply is written already. */
  run(request: RequestFrame, params: unknown): Promise<void> | undefined {
    const { slot, generation, method } = request;
    // One that had to ask for its params may have been cancelled since.
    const call = this.#current = this.#at(request) ?? new RunningCall({ slot, generation });
    try {
      const handler = this.#methods.get(method);
      if (handler === undefined) {
        throw new DariError("method_not_found", `The pool's module has no method "${method}"`);
      }
      const result = handler(params, call);
      return isPromise(result)
        ? this.#settle(call, method, result)
        : this.#reply(call, method, result);
    } catch (error) {
      return this.#fail(call, error);
    }
  }

  /** The call under way, if it is the one at this place. */
  #at({ slot, generation }: Place): RunningCall | undefined {
    const { place } = this.#current ?? {};
    return place?.slot === slot && place.generation === generation ? this.#current : undefined;
  }

  async #settle(call: RunningCall, method: string, result: PromiseLike<unknown>): Promise<void> {
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
        `"${method}" streams: a pool gives one result a call`,
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
    return this.#send(encodeReply(call.place, status.result, payload));
  }

  #fail(call: RunningCall, error: unknown): Promise<void> | undefined {
    const failure = failureOf(error);
    let payload;
    try {
      payload = payloadOf(failure, this.#options.encoding);
    } catch { // its data cannot be encoded
      const { data: _, ...rest } = failure;
      payload = payloadOf(rest, this.#options.encoding);
    }
    if (payload.bytes.length > this.#options.maxMessageBytes) {
      const message = `The error of a method has ${payload.bytes.length} bytes, over the limit`;
      payload = payloadOf({ code: failure.code, message }, this.#options.encoding);
    }
    return this.#send(encodeReply(call.place, status.error, payload));
  }

  #send(frame: Uint8Array): Promise<void> | undefined {
    return this.#options.results.write(FRAME_KIND, frame);
  }
}

/** A call under way; also the context that its method gets, whose signal is made when asked for. */
class RunningCall {
  readonly place: Place;
  readonly #payload = Promise.withResolvers<OwnPayload>();
  #abort: AbortController | undefined;
  #isCancelled = false;

  constructor(place: Place) {
    this.place = place;
  }

  /** Params that came after the call. */
  get payload(): Promise<OwnPayload> {
    return this.#payload.promise;
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#isCancelled) this.#abort.abort(cancelled());
    return this.#abort.signal;
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
