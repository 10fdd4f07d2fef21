/**
 * Calls that this side made and that wait for their reply.
 *
 * @module
 */

import { after } from "../../base/abort.ts";
import { markCallError } from "../../base/call_error.ts";
import { DariError, RpcError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { sharedAfter } from "../../base/shared_after.ts";
import type { ErrorObject, Id, ReplyMeta } from "../../protocol/message.ts";
import { errorOf } from "../peer/remote_error.ts";
import { Deadlines } from "./deadlines.ts";
import type { Hedge, OutgoingCall } from "./outgoing_call.ts";
import { Slots } from "./slots.ts";

/** Told what becomes of the calls that wait, beside each call itself. */
export interface WaitingCallEvents {
  /** The other side need not go on with this call. */
  abandoned(id: number): void;
  /** The other side is stopping and did not run this call, which has left `WaitingCalls`. */
  refused(call: OutgoingCall, error: RpcError): void;
  /** The other side said something that names no call. */
  noticed(error: RpcError): void;
  /** The other side says that callers of a method should move on; a sentence says to which. */
  deprecated(method: string, advice: string | true): void;
}

/** The calls of one connection. Each leaves it before its caller is told how it ended. */
export class WaitingCalls {
  readonly #calls = new Slots<OutgoingCall>();
  readonly #deadlines: Deadlines<OutgoingCall>;
  readonly #events: WaitingCallEvents;
  /** Called when calls have ended, so that others may be sent; unset where none wait for that. */
  onRoom: (() => void) | undefined;
  /** Called when a call begins to wait; unset where nobody watches for that. */
  onWait: (() => void) | undefined;
  #length = 0;
  #streams = 0;
  #pings = 0;

  /**
   * @param monotonic The clock of the deadlines, in milliseconds.
   * @param events Told what becomes of the calls.
   */
  constructor(monotonic: () => number, events: WaitingCallEvents) {
    this.#events = events;
    this.#deadlines = new Deadlines(
      () => this.#calls.values(),
      ({ id, method }) => {
        const message = `"${method}" did not answer before its deadline`;
        this.abandon(id, markCallError(new DariError("deadline_exceeded", message)));
      },
      monotonic,
      afterDeadline,
    );
  }

  /** How many wait. */
  get size(): number {
    return this.#calls.size;
  }

  /**
   * How many wait, but for questions whether the other side is there: those that a silent one leaves
   * unanswered take no call's place.
   */
  get underWay(): number {
    return this.#calls.size - this.#pings;
  }

  /** Whether none waits, but for such questions. */
  get isIdle(): boolean {
    return this.#calls.size === this.#pings;
  }

  /** The characters of their params: kept while they wait, since a call may have to be sent again. */
  get length(): number {
    return this.#length;
  }

  /** How many of them are streams. */
  get streams(): number {
    return this.#streams;
  }

  /** The other side counts the bytes of the items that it will send. */
  countItemBytes(): void {
    if (this.#streams === 0) return;
    for (const { stream } of this.#calls.values()) stream?.countBytes();
  }

  /** Whether a call waits. */
  has(id: Id): boolean {
    return this.#calls.get(id) !== undefined;
  }

  /** @returns An id that no call of this connection had before. */
  nextId(): number {
    return this.#calls.nextId();
  }

  /** Adds a call. */
  add(call: OutgoingCall): void {
    this.#calls.set(call.id, call);
    this.#length += call.length;
    if (call.kind !== "call") this.#count(call, 1);
    this.#deadlines.watch(call);
    if (this.onWait !== undefined) this.onWait();
  }

  /** Gives a result to the call that it belongs to. One that comes too late belongs to no call. */
  resolve(id: Id, result: unknown, meta?: ReplyMeta | undefined): void {
    const call = this.#take(id);
    if (call === undefined) return;
    if (meta !== undefined) this.#tellMeta(call, meta);
    call.resolve(result);
  }

  /** Gives an error of the other side to the call that it belongs to. */
  reject(id: Id, error: ErrorObject, meta?: ReplyMeta | undefined): void {
    const call = this.#take(id);
    if (call === undefined && id !== null) return;
    if (call !== undefined && meta !== undefined) this.#tellMeta(call, meta);
    const reason = errorOf(error);
    if (call === undefined) this.#notice(reason);
    else if (isRefusal(reason)) this.#events.refused(call, reason);
    else call.reject(reason);
  }

  /** Fails the call whose reply cannot be understood: no other reply will come. */
  misread(id: number, reason: string): void {
    const call = this.#take(id);
    if (call === undefined) return;
    const message = `The reply to "${call.method}" cannot be understood: ${reason}`;
    call.reject(markCallError(new DariError("invalid_request", message)));
  }

  /**
   * Hands an item to the stream that it belongs to.
   *
   * @param id The call's.
   * @param item The item.
   * @param bytes The length of its message.
   */
  pushItem(id: unknown, item: unknown, bytes: number): void {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    if (call.stream !== undefined) return call.stream.push(item, bytes);
    const message = `"${call.method}" streams its items: call it with stream(), not with call()`;
    this.abandon(call.id, markCallError(new DariError("invalid_request", message)));
  }

  /**
   * Fails a call without its reply, and lets the other side know.
   *
   * @param id The call's.
   * @param error Why.
   */
  abandon(id: number, error: unknown): void {
    const call = this.#take(id);
    if (call === undefined) return;
    this.#events.abandoned(id);
    call.reject(error);
  }

  /** Takes a call out; nobody is told. */
  remove(id: number): boolean {
    return this.#take(id) !== undefined;
  }

  /** The ids of the calls that somebody waits for. */
  ids(): number[] {
    return Array.from(this.#calls.values()).filter(({ kind }) => kind !== "ping")
      .map(({ id }) => id);
  }

  /**
   * Fails every call: the connection is gone.
   *
   * @param errorOf Makes the error, where there are calls.
   */
  rejectAll(errorOf: () => unknown): void {
    this.#deadlines.stop();
    if (this.size === 0) return;
    const error = errorOf();
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    this.#length = this.#streams = this.#pings = 0;
    for (const call of calls) call.reject(error);
  }

  #tellMeta({ method, options }: OutgoingCall, { baggage, deprecated }: ReplyMeta): void {
    if (deprecated !== undefined) this.#events.deprecated(method, deprecated);
    if (baggage === undefined || options.onReply === undefined) return;
    try {
      options.onReply({ baggage });
    } catch { /* The hook is the program's, and what it throws is none of the connection's. */ }
  }

  /** The calls that may be made over another connection too. */
  movable(): Hedge[] {
    const hedges: Hedge[] = [];
    for (const call of this.#calls.values()) {
      const hedge = call.options.hedge ?? call.options.hedging?.hedge(call);
      if (hedge?.canMove === true) hedges.push(hedge);
    }
    return hedges;
  }

  #count({ kind }: OutgoingCall, by: 1 | -1): void {
    if (kind === "stream") this.#streams += by;
    else this.#pings += by;
  }

  #take(id: unknown): OutgoingCall | undefined {
    const call = this.#calls.take(id);
    if (call === undefined) return undefined;
    this.#length -= call.length;
    if (call.kind !== "call") this.#count(call, -1);
    if (this.onRoom !== undefined) this.onRoom();
    return call;
  }

  /**
   * An error that names no call is that of the only one that it can be about. A line that is too long
   * was long: before a sign-in the other side reads less than this side sends.
   */
  #notice(error: RpcError): void {
    let suspects = [...this.#calls.values()].filter(({ kind }) => kind !== "ping");
    if (suspects.length > 1 && error.code === "resource_exhausted") {
      suspects = suspects.filter(({ length }) => length * 4 > limits.maxLineBytesBeforeSignIn);
    }
    const [suspect] = suspects;
    if (suspects.length === 1 && suspect !== undefined) this.abandon(suspect.id, error);
    this.#events.noticed(error);
  }
}

/**
 * Whether an error says that its call was not run, since the other side is stopping.
 *
 * @param error What a call rejected with.
 */
export function isRefusal(error: unknown): error is RpcError {
  if (!(error instanceof RpcError) || error.code !== "unavailable") return false;
  const { data } = error;
  return typeof data === "object" && data !== null && "stopping" in data && data.stopping === true;
}

/** The default deadline is that of nearly every call: one timer serves all connections for it. */
const afterDeadline: typeof sharedAfter = (ms, callback, options) =>
  ms === limits.callTimeoutMs ? sharedAfter(ms, callback, options) : after(ms, callback, options);
