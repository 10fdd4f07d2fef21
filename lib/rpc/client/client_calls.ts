/**
 * The calls of one client, without the types of its methods.
 *
 * @module
 */

import { systemClock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import { paramsOf } from "../call/call_line.ts";
import type { CallOptions, StreamOptions } from "../call/call_options.ts";
import { beginCall, OutgoingCall, type OutgoingCallOptions } from "../call/outgoing_call.ts";
import { streamCall } from "../call/stream_call.ts";
import { TurnClock } from "../call/turn_clock.ts";
import { type Chain, compose } from "../interceptor/compose.ts";
import { InterceptedStream } from "../interceptor/intercepted_stream.ts";
import type { LinkOptions } from "../link/link_options.ts";
import type { Picker } from "../link/picker.ts";
import { Repetition } from "../retry/repetition.ts";
import { type CallStream, ItemStream } from "../stream/item_stream.ts";
import { type CallSpan, type CallTracer, endedWith, endedWithItems } from "../trace/call_tracer.ts";
import type {
  CallingOptions,
  ClientCallOptions,
  ClientInterceptorCall,
  ClientStats,
} from "./client_options.ts";
import { inherit } from "./inherit.ts";

const NO_OPTIONS: CallOptions = Object.freeze({});

/** Makes the calls of one client. */
export class ClientCalls {
  readonly #picker: Pick<Picker, "pick">;
  readonly #repetition: Repetition;
  /** What every plain call has: it may turn out that it may be made again. */
  readonly #plain: OutgoingCallOptions;
  readonly #chain: Chain<ClientInterceptorCall> | undefined;
  readonly #turn: TurnClock;
  readonly #timeoutMs: number | undefined;
  readonly #delegates: boolean;
  readonly #tracer: CallTracer | undefined;

  /**
   * @param picker Chooses the way of each call.
   * @param options Deadline, retries, interceptors.
   * @throws {TypeError} For an interceptor that is no function.
   * @throws {RangeError} For numbers of retries that cannot be used.
   */
  constructor(
    picker: Pick<Picker, "pick">,
    options: CallingOptions & Pick<LinkOptions, "clock" | "random">,
  ) {
    const { clock = systemClock, random = Math.random, timeoutMs } = options;
    this.#picker = picker;
    this.#chain = compose(options.interceptors);
    const turn = this.#turn = TurnClock.of(clock);
    this.#repetition = new Repetition({ ...options, clock, random }, {
      send: (call) => picker.pick().send(call),
      now: () => turn.monotonic(),
    });
    const { calls } = this.#repetition;
    this.#plain = Object.freeze({ recovery: calls, hedging: calls });
    this.#timeoutMs = timeoutMs;
    this.#delegates = options.delegate === true;
    this.#tracer = options.tracer;
  }

  /** Calls a method. */
  call(method: string, params: unknown, given: ClientCallOptions | undefined): Promise<unknown> {
    return this.#chain === undefined ? this.#call(method, params, given) : this.#chain(
      { method, params, options: given ?? {}, isStream: false },
      (call) => this.#call(call.method, call.params, call.options),
    );
  }

  /** Calls a method that streams. */
  stream(method: string, params: unknown, given: StreamOptions | undefined): CallStream<unknown> {
    if (this.#chain === undefined) return this.#stream(method, params, given);
    const items = this.#chain(
      { method, params, options: given ?? {}, isStream: true },
      (call) => this.#stream(call.method, call.params, call.options),
    );
    return new InterceptedStream(method, items);
  }

  /** Calls a method without wanting an answer. */
  notify(method: string, params: unknown, given: CallOptions | undefined): Promise<void> {
    const timeoutMs = this.#timeoutMs ?? limits.callTimeoutMs;
    const options = inherit(given, timeoutMs, this.#delegates) ?? NO_OPTIONS;
    return new Promise((resolve, reject) => {
      const text = paramsOf(method, params);
      const sent = () => resolve();
      const call = new OutgoingCall("notification", method, text, options, sent, reject);
      this.#picker.pick().send(
        beginCall(call, options.timeoutMs ?? timeoutMs, this.#turn.monotonic()),
      );
    });
  }

  /** What was counted so far. */
  stats(): ClientStats {
    return this.#repetition.stats();
  }

  /** The client is closed. */
  close(): void {
    this.#repetition.early.close();
  }

  #call(method: string, params: unknown, given: ClientCallOptions | undefined): Promise<unknown> {
    const options = inherit(given, this.#timeoutMs ?? limits.callTimeoutMs, this.#delegates);
    const span = this.#tracer && this.#beginSpan(method, options);
    if (span !== undefined) {
      return endedWith(span, this.#send(method, params, carrying(options, span)));
    }
    return this.#send(method, params, options);
  }

  #beginSpan(method: string, options: CallOptions | undefined): CallSpan | undefined {
    const { traceparent, tracestate } = options?.meta ?? {};
    if (!this.#tracer!.samples("client", traceparent)) return undefined;
    return this.#tracer!.begin("client", { method, traceparent, tracestate });
  }

  #send(
    method: string,
    params: unknown,
    options: ClientCallOptions | undefined,
  ): Promise<unknown> {
    return options === undefined && this.#repetition.circuit === undefined
      ? new Promise((resolve, reject) => this.#callPlainly(method, params, resolve, reject))
      : this.#repetition.call(method, params, options ?? NO_OPTIONS, this.#timeoutMs);
  }

  /** The way of nearly every call: nothing is asked beyond the defaults. */
  #callPlainly(
    method: string,
    params: unknown,
    resolve: (result: unknown) => void,
    reject: (error: unknown) => void,
  ): void {
    const timeoutMs = this.#timeoutMs;
    const text = paramsOf(method, params);
    const call = new OutgoingCall("call", method, text, this.#plain, resolve, reject);
    call.tellsDeadline = timeoutMs !== undefined;
    const { calls, early } = this.#repetition;
    calls.plain++;
    if (early.isWanted) early.waitBehind(call);
    this.#picker.pick().send(
      beginCall(call, timeoutMs ?? limits.callTimeoutMs, this.#turn.monotonic()),
    );
  }

  #stream(method: string, params: unknown, given: StreamOptions | undefined): CallStream<unknown> {
    const inherited = inherit(given, limits.maxCallTimeoutMs, this.#delegates) ?? {};
    const span = this.#tracer && this.#beginSpan(method, inherited);
    if (span === undefined) return this.#sendStream(method, params, inherited);
    const items = this.#sendStream(method, params, carrying(inherited, span));
    return new InterceptedStream(method, Promise.resolve(endedWithItems(span, items)));
  }

  #sendStream(method: string, params: unknown, options: StreamOptions): ItemStream<unknown> {
    const { credit: items = limits.streamCredit, creditBytes: bytes = limits.streamCreditBytes } =
      options;
    const stream = new ItemStream<unknown>({ items, bytes });
    const { streamCircuit, streams, early } = this.#repetition;
    try {
      const outcome = streamCircuit.admit();
      const now = this.#turn.monotonic();
      const call = streamCall(stream, method, params, options, now, streams, outcome);
      if (early.isWanted) early.waitBehind(call);
      this.#picker.pick().send(call);
    } catch (error) {
      stream.fail(error);
    }
    return stream;
  }
}

/** The options of a call that is the child of a span. */
function carrying<Options extends CallOptions>(
  options: Options | undefined,
  { traceparent }: CallSpan,
): Options {
  return { ...options, meta: { ...options?.meta, traceparent } } as Options;
}
