/**
 * The calling half of a connection: requests leave in order, and each caller gets its own reply.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import type { DariError, RpcError, TransportError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { encodeNotification } from "../../protocol/encode.ts";
import { HELLO, ownHelloText } from "../../protocol/hello.ts";
import type { Peer } from "../../transport/connection.ts";
import type { Agreement } from "../peer/agreement.ts";
import { CREDIT } from "../peer/peer_streams.ts";
import type { PeerValues } from "../peer/peer_values.ts";
import { Backlog } from "./backlog.ts";
import type { CallOptions } from "./call_options.ts";
import { callLine, type CallTarget, paramsOf } from "./call_line.ts";
import { connectionEnded } from "./connection_ended.ts";
import { beginCall, type CallerOwner, type CallHolder, OutgoingCall } from "./outgoing_call.ts";
import type { Outbox } from "../outbox/outbox.ts";
import { TurnClock } from "./turn_clock.ts";
import { type WaitingCallEvents, WaitingCalls } from "./waiting_calls.ts";

/** The notification by which a caller cancels its call: `{ id }`. */
export const CANCEL = "rpc.cancel";
const PING = "rpc.ping";
const NO_OPTIONS: CallOptions = Object.freeze({});

/**
 * Calls the other side of one connection.
 *
 * Invariant: while a call waits in the backlog, nothing that was called later is sent.
 */
export class Caller implements CallHolder, CallTarget, WaitingCallEvents {
  /** The calls that wait for their reply: replies and items that arrive go there. */
  readonly waiting: WaitingCalls;
  /** How values travel to the other side. */
  readonly values: PeerValues;
  readonly #agreement: Agreement;
  /** The calls that wait for their turn. */
  readonly #backlog: Backlog;
  /** The connection's; the connection closes it. */
  readonly #outbox: Outbox;
  readonly #peer: Peer;
  readonly #clock: Clock;
  readonly #turn: TurnClock;
  readonly #fill = () => this.#sendNext();
  #owner: CallerOwner | undefined;
  #maxCallsInFlight: number = limits.maxCallsInFlight;
  /** Gives the error of calls once the connection ended; set by `end`. */
  #ended: (() => TransportError) | undefined;
  #isStopped = false;
  /** What the other side said last without naming a call, and when. */
  #notice: RpcError | undefined;
  #noticedAt = -Infinity;

  /**
   * @param outbox Where requests go.
   * @param peer The other side, for messages.
   * @param agreement What both sides know.
   * @param values How values travel.
   * @param clock The clock of the deadlines.
   */
  constructor(
    outbox: Outbox,
    peer: Peer,
    agreement: Agreement,
    values: PeerValues,
    clock: Clock,
  ) {
    this.#outbox = outbox;
    this.#peer = peer;
    this.#agreement = agreement;
    this.values = values;
    this.#clock = clock;
    this.#turn = TurnClock.of(clock);
    const monotonic = () => clock.monotonic();
    this.#backlog = new Backlog(monotonic);
    this.waiting = new WaitingCalls(monotonic, this);
  }

  /** Whether no more calls are made here: the other side goes away, or others took its place. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** How many calls wait for their turn. */
  get queued(): number {
    return this.#backlog.size;
  }

  /** The longest message that the other side takes, in bytes. */
  get maxLineBytes(): number {
    return this.#agreement.maxLineBytes;
  }

  /** Whether the other side counts the bytes of the items that it sends; `asked` until it is known. */
  get itemBytes(): "counted" | "uncounted" | "asked" {
    if (this.#agreement.has("streams")) return "counted";
    return this.#agreement.state === "asked" ? "asked" : "uncounted";
  }

  /** The clock of the deadlines, in milliseconds. */
  monotonic(): number {
    return this.#clock.monotonic();
  }

  /**
   * Asks the other side what it knows. Calls that hold more than every peer takes wait for that.
   */
  sayHello(): void {
    const agreement = this.#agreement;
    agreement.ask();
    const settled = () => {
      this.#maxCallsInFlight = Math.min(this.#maxCallsInFlight, agreement.maxCallsInFlight);
      // The answer comes before the first item of every stream that was called behind the question.
      if (agreement.has("streams")) this.waiting.countItemBytes();
      this.#sendNext();
    };
    agreement.onSettled = settled;
    const text = ownHelloText(limits.maxCallsInFlight, agreement.own);
    const answered = (result: unknown) => agreement.answered(result);
    const failed = (error: unknown) => agreement.refused(error);
    const call = new OutgoingCall("call", HELLO, text, NO_OPTIONS, answered, failed);
    this.#depart(beginCall(call, limits.callTimeoutMs, this.#turn.monotonic()));
  }

  /** Says who made the connection. */
  own(owner: CallerOwner): void {
    this.#owner = owner;
    if (this.#isStopped) owner.stopped(); // while it was being signed in
    this.#maxCallsInFlight = Math.min(owner.maxCallsInFlight, this.#agreement.maxCallsInFlight);
  }

  /**
   * Calls a method of the other side; rejects as `Client.call` does.
   *
   * @param method Its name.
   * @param params An object or an array.
   * @param options Deadline, cancellation, credentials.
   */
  call(method: string, params: unknown, options: CallOptions = NO_OPTIONS): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const written = paramsOf(method, params);
      const call = new OutgoingCall("call", method, written, options, resolve, reject);
      call.tellsDeadline = options.timeoutMs !== undefined;
      this.send(beginCall(call, options.timeoutMs ?? limits.callTimeoutMs, this.#turn.monotonic()));
    });
  }

  /**
   * Sends a call, at once where nothing waits and there is room.
   *
   * @param call The call.
   */
  send(call: OutgoingCall): void {
    if (this.#ended !== undefined) return this.#giveBack(call, this.#ended());
    if (this.#backlog.size === 0 && this.#canSend(call)) return this.#depart(call);
    this.#backlog.add(call);
    this.waiting.onRoom = this.#outbox.onRoom = this.#fill;
  }

  /** Sends a notification ahead of all that is sent later but calls that wait for their turn. */
  notify(method: string, params: unknown): void {
    this.#outbox.pushRequest(encodeNotification(method, params));
  }

  /** Calls ahead of what waits for its turn, however many calls are under way. */
  ask(method: string, params: unknown, timeoutMs: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) throw this.#ended();
      const text = paramsOf(method, params);
      const call = new OutgoingCall("call", method, text, NO_OPTIONS, resolve, reject);
      this.#depart(beginCall(call, timeoutMs, this.#turn.monotonic()));
    });
  }

  /**
   * @returns Once a question ahead of what waits has an answer, whichever, or can get none any more.
   */
  ping(): Promise<void> {
    if (this.#ended !== undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => resolve();
      this.#depart(new OutgoingCall("ping", PING, undefined, NO_OPTIONS, done, done));
    });
  }

  doubted(): void {
    this.#owner?.doubted();
  }

  /**
   * No more calls are made here, and those that wait for their turn go elsewhere.
   *
   * @param error What they fail with, where they are meant for this connection alone.
   */
  stop(error: DariError): void {
    this.#stopped();
    this.#returnBacklog(error);
  }

  /** Cancels every call: the connection is about to be closed. Each that was sent gets its error. */
  cancelAll(error: DariError): void {
    this.#returnBacklog(error);
    for (const id of this.waiting.ids()) this.abandoned(id);
  }

  /**
   * The connection ended: every call that waits rejects, and so does every later one.
   *
   * @param errorOf Makes the error, once a call needs it.
   */
  end(errorOf: () => TransportError): void {
    const isExplained = this.#clock.monotonic() - this.#noticedAt <= limits.noticeMemoryMs;
    const error = isExplained ? () => connectionEnded(this.#peer, this.#notice) : errorOf;
    this.#ended = error;
    if (this.#backlog.size > 0) this.#returnBacklog(error());
    this.waiting.rejectAll(error);
  }

  withdraw({ id }: OutgoingCall): void {
    if (this.waiting.remove(id)) this.abandoned(id);
  }

  grant({ id }: OutgoingCall, count: number, bytes: number | undefined): void {
    this.notify(CREDIT, { id, count, bytes });
  }

  abandoned(id: number): void {
    if (this.#ended === undefined) this.notify(CANCEL, { id });
  }

  refused(call: OutgoingCall, error: RpcError): void {
    this.#stopped();
    this.#giveBack(call, error);
    this.#returnBacklog(error);
  }

  noticed(error: RpcError): void {
    this.#notice = error;
    this.#noticedAt = this.#clock.monotonic();
    this.#owner?.noticed(error);
  }

  deprecated(method: string, advice: string | true): void {
    this.#owner?.deprecated(method, advice);
  }

  #stopped(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#owner?.stopped();
  }

  #canSend(call: OutgoingCall): boolean {
    if (call.isTyped && this.#agreement.state === "asked") return false;
    return this.waiting.underWay < this.#maxCallsInFlight &&
      this.waiting.length < limits.maxCharactersInFlight &&
      this.#outbox.unsentLength < limits.maxUnsentCallCharacters;
  }

  #depart(call: OutgoingCall): void {
    const { waiting } = this;
    try {
      if (call.kind === "notification") {
        this.#outbox.pushRequest(callLine(call, this));
        call.holder = undefined;
        return call.resolve(undefined);
      }
      call.id = waiting.nextId();
      this.#outbox.pushRequest(callLine(call, this));
      call.holder = this;
      waiting.add(call);
    } catch (error) {
      call.reject(error);
    }
  }

  #sendNext(): void {
    for (let call = this.#backlog.first; call !== undefined; call = this.#backlog.first) {
      if (!this.#canSend(call)) return;
      this.#backlog.withdraw(call);
      this.#depart(call);
    }
    this.waiting.onRoom = this.#outbox.onRoom = undefined;
  }

  #returnBacklog(error: DariError): void {
    for (const call of this.#backlog.takeAll()) this.#giveBack(call, error);
  }

  #giveBack(call: OutgoingCall, error: DariError): void {
    call.holder = undefined;
    call.streams?.takeBack();
    if (call.sender === undefined) call.reject(error);
    else call.sender.takeBack(call, error);
  }
}
