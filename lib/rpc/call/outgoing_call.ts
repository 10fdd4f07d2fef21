/**
 * A call, a stream or a notification of ours, from the moment in which it is made until it has ended.
 * Its params are written when it is made: what waits to be sent is what was meant then, and it can be
 * sent again.
 *
 * @module
 */

import { markCallError } from "../../base/call_error.ts";
import { DariError, type RpcError } from "../../base/errors.ts";
import type { WrittenValue } from "../../protocol/values/written.ts";
import type { ItemStream } from "../stream/item_stream.ts";
import type { CallOptions } from "./call_options.ts";
import { notSentInTime } from "./call_line.ts";
import { ParamStreams } from "./param_streams.ts";

/** Has a call that has not ended: a backlog until its turn, and then the caller that sent it. */
export interface CallHolder {
  /** `counted` where the other side has said by `rpc.hello` that it counts the bytes of items. */
  readonly itemBytes?: "counted" | "uncounted" | "asked";
  /** Nobody waits for the call any more. */
  withdraw(call: OutgoingCall): void;
  /** The reader of its stream takes more items. */
  grant(call: OutgoingCall, items: number, bytes: number | undefined): void;
}

/** Can send a call over another connection. */
export interface CallSender {
  /**
   * Takes a call back that was certainly not run: it was not sent, or it was refused.
   *
   * @param call The call.
   * @param error What it fails with, where it is not sent again.
   */
  takeBack(call: OutgoingCall, error: DariError): void;
}

/** The maker of the connection that a caller calls over. */
export interface CallerOwner {
  /** The most calls that may be under way. */
  readonly maxCallsInFlight: number;
  /** The other side takes no more calls; those that run are answered. Called once. */
  stopped(): void;
  /** The other side is silent: calls that may be made twice might be answered elsewhere. */
  doubted(): void;
  /** The other side said something that names no call. */
  noticed(error: RpcError): void;
  /** The other side says that callers of a method should move on; a sentence says to which. */
  deprecated(method: string, advice: string | true): void;
}

/** A call that may be under way over two connections at once. */
export interface Hedge {
  /** Whether it may be made once more. */
  readonly canMove: boolean;
  /** Makes it once more, to be sent over another connection; the first answer counts. */
  again(): OutgoingCall;
}

/** May make a call again that failed. */
export interface CallRecovery {
  /**
   * Takes a call that failed, instead of its caller.
   *
   * @param call The call.
   * @param error Why it failed.
   * @returns Whether it took the call: it settles `resolve` or `rejected` of it later.
   */
  recover(call: OutgoingCall, error: unknown): boolean;
}

/** Knows whether a call that waits at a silent server may be made over another connection too. */
export interface CallHedging {
  /**
   * Takes care of a call that waits.
   *
   * @param call The call.
   * @returns What makes it once more; `undefined` where that might do harm.
   */
  hedge(call: OutgoingCall): Hedge | undefined;
}

/** What is known of a call beside method and params. */
export interface OutgoingCallOptions extends CallOptions {
  /** Set for a call that may be made again, though its caller does not say so. */
  readonly recovery?: CallRecovery | undefined;
  /** Set for a call that may turn out to be one that may be made twice. */
  readonly hedging?: CallHedging | undefined;
  /** The params of a stream, as they were given: it may be called again behind an item. */
  readonly given?: unknown;
  /** Set for a call that may be made twice. */
  readonly hedge?: Hedge | undefined;
}

/**
 * What a call is: one that wants a result, a stream of items, no answer at all, or a sign of life, which
 * nobody's result depends on.
 */
export type CallKind = "call" | "stream" | "notification" | "ping";

/**
 * A call, a stream or a notification. Its fields are declared and set in one go: one is made for every
 * call.
 */
export class OutgoingCall {
  declare readonly kind: CallKind;
  declare readonly method: string;
  /** Its params as they were written: their text, or more than text carries. */
  declare readonly params: string | WrittenValue | undefined;
  declare options: OutgoingCallOptions;
  /** Given when it is sent, anew on each connection; 0 before, and always for a notification. */
  declare id: number;
  /** When it is too late, on the clock of the deadlines; `Infinity` for never. */
  declare deadlineAt: number;
  /** Whether the deadline is sent along; both sides know the default one. */
  declare tellsDeadline: boolean;
  /** Where its items go. */
  declare stream: ItemStream<unknown> | undefined;
  /** Told of its result, or of its error; only the first of them counts. */
  declare resolve: (result: unknown) => void;
  /** Told of an error that nobody recovers the call from. */
  declare rejected: (error: unknown) => void;
  /** Set by each holder when it takes the call. */
  declare holder: CallHolder | undefined;
  /** Sends it again where it was not run. A call without one is meant for one connection. */
  declare sender: CallSender | undefined;
  /** How often it came back. */
  declare returns: number;
  /** The streams among its params; `undefined` where there are none. */
  declare streams: ParamStreams | undefined;

  /**
   * @param kind What it is.
   * @param method The method's name.
   * @param params Its params as they were written.
   * @param options Deadline, cancellation, credentials.
   * @param resolve Told of its result; for a notification, that it was sent.
   * @param reject Told of its error.
   */
  constructor(
    kind: CallKind,
    method: string,
    params: string | WrittenValue | undefined,
    options: OutgoingCallOptions,
    resolve: (result: unknown) => void,
    reject: (error: unknown) => void,
  ) {
    this.id = 0;
    this.kind = kind;
    this.method = method;
    this.params = params;
    this.options = options;
    this.deadlineAt = Infinity;
    this.tellsDeadline = false;
    this.stream = undefined;
    this.resolve = resolve;
    this.rejected = reject;
    this.holder = undefined;
    this.sender = undefined;
    this.returns = 0;
    this.streams = undefined;
    if (typeof params === "object") this.#heedStreams(params);
  }

  /** How much memory its params take while it waits, in characters and bytes. */
  get length(): number {
    const { params } = this;
    if (params === undefined) return 0;
    return typeof params === "string" ? params.length : lengthOf(params);
  }

  /** Whether its params hold more than every peer takes, so that it matters what the peer knows. */
  get isTyped(): boolean {
    return typeof this.params === "object";
  }

  /** Has its deadline sent along, since it has less time left than the other side would give it. */
  tellDeadline(): void {
    this.tellsDeadline ||= this.kind !== "notification";
  }

  /** The call failed. */
  reject(error: unknown): void {
    if (this.options.recovery?.recover(this, error)) return;
    this.rejected(error);
  }

  /** Makes the signal cancel it, wherever it is by then. Called once, before it is sent. */
  heedSignal(signal: AbortSignal): void {
    if (signal.aborted) throw cancelled(this.method, signal);
    const { resolve, rejected } = this;
    const onAbort = () => {
      this.holder?.withdraw(this);
      rejected(cancelled(this.method, signal));
    };
    signal.addEventListener("abort", onAbort, { once: true });
    // A signal may outlive many calls: a call that has ended leaves no listener on it.
    const succeed = (result: unknown) => {
      signal.removeEventListener("abort", onAbort);
      resolve(result);
    };
    const fail = (error: unknown) => {
      signal.removeEventListener("abort", onAbort);
      rejected(error);
    };
    [this.resolve, this.rejected] = [succeed, fail];
  }

  /** Has the streams among its params end with it. */
  #heedStreams(params: WrittenValue): void {
    const streams = ParamStreams.of(params);
    if (streams === undefined) return;
    this.streams = streams;
    const { resolve, rejected, kind } = this;
    const succeed = (result: unknown) => {
      if (kind !== "notification") streams.end();
      resolve(result);
    };
    const fail = (error: unknown) => {
      streams.end();
      rejected(error);
    };
    [this.resolve, this.rejected] = [succeed, fail];
  }
}

/**
 * Gives a call its deadline and its signal.
 *
 * @param call The call.
 * @param timeoutMs How long it may take from now on, in milliseconds.
 * @param now The time, on the clock of the deadlines.
 * @returns The call.
 * @throws {DariError} `cancelled` or `deadline_exceeded` where that is so already.
 * @throws {RangeError} For a time that is not a number.
 */
export function beginCall(call: OutgoingCall, timeoutMs: number, now: number): OutgoingCall {
  if (!(timeoutMs > 0)) {
    if (Number.isNaN(timeoutMs)) throw new RangeError("timeoutMs is not a number");
    throw notSentInTime(call.method);
  }
  call.deadlineAt = now + timeoutMs;
  const { signal } = call.options;
  if (signal !== undefined) call.heedSignal(signal);
  return call;
}

/**
 * The error of a call whose caller's signal aborted.
 *
 * @param method The method that was called.
 * @param signal The signal.
 * @returns The error; its cause is the signal's reason.
 */
export function cancelled(method: string, signal: AbortSignal): DariError {
  const cause = signal.reason;
  return markCallError(new DariError("cancelled", `"${method}" was cancelled`, { cause }));
}

function lengthOf({ texts, holes }: WrittenValue): number {
  let length = 0;
  for (const text of texts) length += text.length;
  for (const hole of holes) if (hole.kind === "bytes") length += hole.bytes.length;
  return length;
}
