/**
 * A call that is being served: what its handler sees, and what observers read.
 *
 * @module
 */

import type { Principal } from "../../auth/policy/principal.ts";
import type { AmbientCall, CarriedContext } from "../../base/context/ambient_call.ts";
import type { DariError, ErrorCode } from "../../base/errors.ts";
import { type Line, lineBytes } from "../../protocol/line.ts";
import type {
  Id,
  Meta,
  NotificationMessage,
  ReplyMeta,
  RequestMessage,
} from "../../protocol/message.ts";
import { baggageFault } from "../../protocol/meta/meta.ts";
import type { Peer } from "../../transport/connection.ts";
import type { Context } from "../method/context.ts";
import type { CallRecord } from "../observer.ts";
import type { PeerValues } from "../peer/peer_values.ts";
import type { ItemStream } from "../stream/item_stream.ts";
import type { CallHost, Replies } from "./call_host.ts";

/** The stream of a call, as far as its call tells it what happens. */
export interface CallStreaming {
  /** The caller grants more items. */
  grant(items: number, bytes: number): void;
  /** The caller can grant no more. */
  inputEnded(): void;
  /** The call ended before its stream did. */
  callEnded(): void;
}

const NO_META: Meta = Object.freeze({});
const NO_ERRORS = Object.freeze({});

/** A call that is being served. Its abort signal is made only when somebody asks for it. */
export class ServedCall implements Context, CallRecord, AmbientCall {
  /** Set by the dispatcher, once the caller is known. */
  principal: Principal | null = null;
  /** As the caller wrote it, until the dispatcher finds that there is no such method. */
  method: string;
  readonly id: Id | undefined;
  /** Where the reply goes; made by whatever carries the call. */
  readonly replies: Replies;
  /** When the call arrived and when it is too late, on the host's monotonic clock. */
  readonly receivedAt: number;
  readonly deadlineAt: number;
  bytesIn = 0;
  /** The bytes of the items so far, where observers count them; `undefined` unless it streams. */
  itemBytes: number | undefined;
  /** Whether the call ended: its reply was pushed, or nobody waits for it. Set once. */
  isDone = false;
  /** How the call ended; set with `isDone`. */
  errorCode: ErrorCode | undefined;
  error: unknown;
  reply: Line | undefined;
  /** When the reply left, on the host's monotonic clock; set only where an observer reads it. */
  endedAt: number | undefined;
  /** Set by a method that declares errors. */
  errors: Context["errors"] = NO_ERRORS;
  /** What travels with the reply; set by the handler, and by a method that is deprecated. */
  replyMeta: ReplyMeta | undefined;
  /** What streams for the call, while it does. */
  stream: CallStreaming | undefined;
  readonly #host: CallHost;
  readonly #meta: Meta | undefined;
  /** The streams among its params, which end with it; `undefined` where there are none. */
  #streams: readonly ItemStream<unknown>[] | undefined;
  /** Made when the handler asks for the signal, aborted once with `#abortReason`. */
  #controller: AbortController | undefined;
  #abortReason: DariError | undefined;

  /**
   * @param host What carries the call.
   * @param message The request or notification.
   * @param replies Where the reply goes.
   * @param receivedAt When the call arrived, on the host's monotonic clock.
   * @param timeoutMs How long the call may take from then on, in milliseconds.
   */
  constructor(
    host: CallHost,
    message: RequestMessage | NotificationMessage,
    replies: Replies,
    receivedAt: number,
    timeoutMs: number,
  ) {
    this.#host = host;
    this.#meta = message.meta;
    this.method = message.method;
    this.id = message.kind === "request" ? message.id : undefined;
    this.replies = replies;
    this.receivedAt = receivedAt;
    this.deadlineAt = receivedAt + timeoutMs;
  }

  get connectionId(): string {
    return this.#host.id;
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

  get startedAtMs(): number {
    return this.#host.now() + this.receivedAt - this.#host.monotonic();
  }

  get durationMs(): number {
    return (this.endedAt ?? this.#host.monotonic()) - this.receivedAt;
  }

  get bytesOut(): number {
    return (this.itemBytes ?? 0) + (this.reply === undefined ? 0 : lineBytes(this.reply));
  }

  get isStream(): boolean {
    return this.itemBytes !== undefined;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#abortReason !== undefined) this.#controller.abort(this.#abortReason);
    }
    return this.#controller.signal;
  }

  /** How values travel to the caller; `undefined` where only plain JSON does. */
  get values(): PeerValues | undefined {
    return this.#host.values;
  }

  /**
   * Gives the params their types back. Streams among them end with the call.
   *
   * @param message The message that carried the call.
   * @returns The params.
   * @throws {DariError} `invalid_params` for types that do not fit.
   */
  revived({ params, types, blobs }: RequestMessage | NotificationMessage): unknown {
    const { values } = this.#host;
    if (values === undefined) return params; // nobody agreed on types here
    const { value, streams } = values.revive(params, types, blobs);
    if (streams.length > 0) this.#streams = streams;
    return value;
  }

  /** Nobody will wait for the result: what ends with the call makes no calls any more. */
  giveUp(reason: DariError): void {
    this.#abortReason ??= reason;
  }

  /** Tells the handler that nobody waits for its result any more. */
  abort(reason: DariError): void {
    this.giveUp(reason);
    this.#controller?.abort(reason);
  }

  get inherits(): boolean {
    return !this.isDone || this.#abortReason !== undefined;
  }

  get carried(): CarriedContext {
    const { principal, meta: { traceparent, tracestate } } = this;
    // The owner of this process is this process: there is nobody on whose behalf it calls.
    const isSomebody = principal !== null && principal.kind !== "local";
    const chain = isSomebody ? principal.chain ?? [principal.name] : undefined;
    return { traceparent, tracestate, chain: chain?.filter((name) => name !== "local") };
  }

  leftMs(): number {
    return this.deadlineAt - this.#host.monotonic();
  }

  setBaggage(name: string, value: string): void {
    const baggage = { ...this.replyMeta?.baggage, [name]: value };
    const fault = baggageFault(baggage);
    if (fault !== undefined) throw new RangeError(`The baggage cannot be sent: ${fault}`);
    this.replyMeta = { ...this.replyMeta, baggage };
  }

  notify(method: string, params?: unknown): void {
    this.#host.back.notify(method, params);
  }

  call(method: string, params?: unknown): Promise<unknown> {
    const options = { timeoutMs: Math.max(1, this.leftMs()), signal: this.signal };
    const { traceparent, tracestate } = this.meta;
    const result = this.#host.back.call(
      method,
      params,
      traceparent === undefined ? options : {
        ...options,
        meta: { traceparent, ...(tracestate === undefined ? {} : { tracestate }) },
      },
    );
    // A handler need not wait for it, and its failure must not end the program then.
    result.catch(() => {});
    return result;
  }

  /** Ends the call; what streams for it stops. */
  end(): void {
    this.isDone = true;
    if (this.stream !== undefined) this.stream.callEnded();
    if (this.#streams !== undefined) { for (const stream of this.#streams) stream.return(); }
  }
}
