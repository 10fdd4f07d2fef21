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
import type { ItemStream } from "../stream/item_stream.ts";
import type { CallHost, CallStreaming, CallValues, Replies } from "./call_host.ts";
import { callBack, publishAs } from "./handler_calls.ts";

const NO_META: Meta = Object.freeze({});
const NO_ERRORS = Object.freeze({});

/** What few calls have: it is made with the first of it. */
class UncommonParts {
  itemBytes: number | undefined;
  errorCode: ErrorCode | undefined;
  error: unknown;
  errors: Context["errors"] = NO_ERRORS;
  replyMeta: ReplyMeta | undefined;
  stream: CallStreaming | undefined;
  /** The streams among the params, which end with the call. */
  streams: readonly ItemStream<unknown>[] | undefined;
  /** Made when the handler asks for the signal, aborted once with `abortReason`. */
  controller: AbortController | undefined;
  abortReason: DariError | undefined;
}

/**
 * A call that is being served. One is made for every call and kept until its turn ends, so its fields
 * are few, and set in one go.
 */
export class ServedCall implements Context, CallRecord, AmbientCall {
  /** Set by the dispatcher, once the caller is known. */
  declare principal: Principal | null;
  /** As the caller wrote it, until the dispatcher finds that there is no such method. */
  declare method: string;
  declare readonly id: Id | undefined;
  /** Where the reply goes; made by whatever carries the call. */
  declare readonly replies: Replies;
  declare bytesIn: number;
  /** Whether the call ended: its reply was pushed, or nobody waits for it. Set once. */
  declare isDone: boolean;
  /** How the call ended; set after `isDone`. */
  declare reply: Line | undefined;
  /** When the reply left, on the host's monotonic clock; set where an observer reads it. */
  declare endedAt: number | undefined;
  readonly #host: CallHost;
  readonly #meta: Meta | undefined;
  readonly #timeoutMs: number;
  /** Given to the constructor, or read from the clock by the first who asks. */
  #receivedAt: number | undefined;
  #uncommon: UncommonParts | undefined;

  /**
   * @param host What carries the call.
   * @param message The request or notification.
   * @param replies Where the reply goes.
   * @param receivedAt When the call arrived, on the host's monotonic clock; `undefined` where nobody
   * may ever ask.
   * @param timeoutMs How long the call may take from then on, in milliseconds.
   */
  constructor(
    host: CallHost,
    message: RequestMessage | NotificationMessage,
    replies: Replies,
    receivedAt: number | undefined,
    timeoutMs: number,
  ) {
    this.#host = host;
    this.#meta = message.meta;
    this.#timeoutMs = timeoutMs;
    this.principal = null;
    this.method = message.method;
    this.id = message.kind === "request" ? message.id : undefined;
    this.replies = replies;
    this.#receivedAt = receivedAt;
    this.bytesIn = 0;
    this.isDone = false;
    this.reply = undefined;
    this.endedAt = undefined;
  }

  /** When the call arrived, on the host's monotonic clock. */
  get receivedAt(): number {
    return this.#receivedAt ??= this.#host.monotonic();
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

  /** When the call is too late, on the host's monotonic clock. */
  get deadlineAt(): number {
    return this.receivedAt + this.#timeoutMs;
  }

  get deadline(): number {
    return this.#host.now() + this.deadlineAt - this.#host.monotonic();
  }

  get startedAtMs(): number {
    return this.#host.now() + this.receivedAt - this.#host.monotonic();
  }

  get durationMs(): number {
    const { receivedAt } = this;
    return (this.endedAt ?? this.#host.monotonic()) - receivedAt;
  }

  get bytesOut(): number {
    return (this.itemBytes ?? 0) + (this.reply === undefined ? 0 : lineBytes(this.reply));
  }

  get isStream(): boolean {
    return this.itemBytes !== undefined;
  }

  /** The bytes of the items so far, where observers count them; `undefined` unless it streams. */
  get itemBytes(): number | undefined {
    return this.#uncommon?.itemBytes;
  }

  set itemBytes(bytes: number | undefined) {
    this.#parts().itemBytes = bytes;
  }

  get errorCode(): ErrorCode | undefined {
    return this.#uncommon?.errorCode;
  }

  get error(): unknown {
    return this.#uncommon?.error;
  }

  /** Set by a method that declares errors. */
  get errors(): Context["errors"] {
    return this.#uncommon?.errors ?? NO_ERRORS;
  }

  set errors(errors: Context["errors"]) {
    this.#parts().errors = errors;
  }

  /** What travels with the reply; set by the handler, and by a method that is deprecated. */
  get replyMeta(): ReplyMeta | undefined {
    return this.#uncommon?.replyMeta;
  }

  set replyMeta(meta: ReplyMeta | undefined) {
    this.#parts().replyMeta = meta;
  }

  /** What streams for the call, while it does. */
  get stream(): CallStreaming | undefined {
    return this.#uncommon?.stream;
  }

  set stream(stream: CallStreaming | undefined) {
    this.#parts().stream = stream;
  }

  get signal(): AbortSignal {
    const parts = this.#parts();
    if (parts.controller === undefined) {
      parts.controller = new AbortController();
      if (parts.abortReason !== undefined) parts.controller.abort(parts.abortReason);
    }
    return parts.controller.signal;
  }

  /** How values travel to the caller; `undefined` where only plain JSON does. */
  get values(): CallValues | undefined {
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
    if (streams.length > 0) this.#parts().streams = streams;
    return value;
  }

  /** Nobody will wait for the result: what ends with the call makes no calls any more. */
  giveUp(reason: DariError): void {
    this.#parts().abortReason ??= reason;
  }

  /** Tells the handler that nobody waits for its result any more. */
  abort(reason: DariError): void {
    this.giveUp(reason);
    this.#uncommon?.controller?.abort(reason);
  }

  get inherits(): boolean {
    return !this.isDone || this.#uncommon?.abortReason !== undefined;
  }

  get carried(): CarriedContext {
    const { principal, meta: { traceparent, tracestate } } = this;
    // The owner of this process is this process: there is nobody on whose behalf it calls.
    const isSomebody = principal !== null && principal.kind !== "local";
    const chain = isSomebody ? principal.chain ?? [principal.name] : undefined;
    const names = chain?.filter((name) => name !== "local");
    return { traceparent, tracestate, chain: names, caller: principal?.name };
  }

  leftMs(): number {
    return this.deadlineAt - this.#host.monotonic();
  }

  // A plain call is not tried again: nothing is remembered of it.
  get step(): Context["step"] {
    return async (_name, work) => await work();
  }

  get progress(): Context["progress"] {
    return () => Promise.resolve();
  }

  get publish(): Context["publish"] {
    return (...given) => publishAs(this.#host, this.principal, ...given);
  }

  // Handlers may take these three out of their context: `(params, { call }) => …`.
  get setBaggage(): Context["setBaggage"] {
    return (name, value) => this.#setBaggage(name, value);
  }

  get notify(): Context["notify"] {
    return (method, params) => this.#host.back.notify(method, params);
  }

  get call(): Context["call"] {
    return (method, params) => callBack(this.#host, this, method, params);
  }

  #setBaggage(name: string, value: string): void {
    const baggage = { ...this.replyMeta?.baggage, [name]: value };
    const fault = baggageFault(baggage);
    if (fault !== undefined) throw new RangeError(`The baggage cannot be sent: ${fault}`);
    this.replyMeta = { ...this.replyMeta, baggage };
  }

  /** Ends the call; what streams for it stops. */
  end(): void {
    this.isDone = true;
    if (this.#uncommon === undefined) return;
    const { stream, streams = [] } = this.#uncommon;
    stream?.callEnded();
    for (const param of streams) param.return();
  }

  /** Keeps the error that ended the call. */
  failedWith(code: ErrorCode, error: unknown): void {
    const parts = this.#parts();
    parts.errorCode = code;
    parts.error = error;
  }

  #parts(): UncommonParts {
    return this.#uncommon ??= new UncommonParts();
  }
}
