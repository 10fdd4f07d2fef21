/**
 * A connection that carries calls: it reads messages, serves the calls among them, and hands replies
 * to the calls that wait for them. Both ends are alike; either may call the other.
 *
 * @module
 */

import type { Gate } from "../../auth/sign_in/gate.ts";
import type { Principal } from "../../auth/policy/principal.ts";
import { settlesWithin } from "../../base/abort.ts";
import type { Clock } from "../../base/clock.ts";
import { DariError, type TransportError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Connection, Peer } from "../../transport/connection.ts";
import { Caller, connectionEnded } from "../call/caller.ts";
import { Outbox, type OutboxOptions } from "../call/outbox.ts";
import type { CallerBack, CallHost } from "../dispatch/call_host.ts";
import { Dispatcher } from "../dispatch/dispatcher.ts";
import type { ServingOptions } from "../dispatch/serving_options.ts";
import { SignIns } from "../dispatch/sign_in.ts";
import type { ConnectionRecord } from "../observer.ts";
import { hearsCalls } from "../observer_guard.ts";
import { lastWords } from "./foreign_protocol.ts";
import { Intake } from "./intake.ts";
import { MessageRouter } from "./message_router.ts";
import { ParkedRequests } from "./parked_requests.ts";
import { WayBack } from "./way_back.ts";

/** What an {@linkcode RpcConnection} is made with. */
export interface RpcConnectionOptions extends ServingOptions, Partial<OutboxOptions> {
  /** Decides who calls and what they may call, and answers sign-in requests. */
  readonly gate: Gate;
  /** Where the time comes from. */
  readonly clock: Clock;
  /**
   * How often a peer that has ended its input and still has calls is asked whether it is there, in
   * milliseconds.
   *
   * @default {10_000}
   */
  readonly halfOpenProbeMs?: number | undefined;
}

/** A connection that carries calls both ways. */
export class RpcConnection implements CallHost, ConnectionRecord {
  /** Names the connection in logs; exchanges of several sign-in messages are bound to it. */
  readonly id: string = crypto.randomUUID();
  /** Calls the other side; made here, and ended with the connection. */
  readonly caller: Caller;
  /** Called when the connection was signed in or out; set and removed by the server. */
  onPrincipal: (() => void) | undefined;
  /** Made by a transport, given to this object, closed or aborted by it. */
  readonly #connection: Connection;
  readonly #options: RpcConnectionOptions;
  /** The parts are made here and end with the connection, in `#end`. */
  readonly #outbox: Outbox;
  readonly #dispatcher: Dispatcher;
  readonly #signIns: SignIns;
  readonly #router: MessageRouter;
  readonly back: CallerBack;
  /** Requests that wait while the outbox is full; empty otherwise. */
  readonly #parked: ParkedRequests;
  /** Resolved by `#end`. */
  readonly #closed = Promise.withResolvers<string | undefined>();
  readonly #intake: Intake;
  /** True until the other side has ended its half: it may still read. */
  #hasInput = true;
  /** True until `#end`. */
  #isOpen = true;

  /**
   * @param connection The connection; this object owns and closes it.
   * @param options Methods, gate, clock and bounds.
   */
  constructor(connection: Connection, options: RpcConnectionOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#outbox = new Outbox(
      connection,
      limits.maxUnsentBytes,
      (error) => this.#end(error, error instanceof Error ? error.message : "sending failed"),
      options,
    );
    this.caller = new Caller(this.#outbox, connection.peer, () => this.monotonic());
    this.back = new WayBack(this.caller, this.#outbox);
    this.#dispatcher = new Dispatcher(this, this.#outbox, options);
    this.#signIns = new SignIns(this, options);
    this.#router = new MessageRouter({
      waiting: this.caller.waiting,
      dispatcher: this.#dispatcher,
      signIns: this.#signIns,
      replies: this.#outbox,
    });
    this.#parked = new ParkedRequests(this.#outbox, this.#router, this.#dispatcher);
    this.#intake = new Intake({
      outbox: this.#outbox,
      router: this.#router,
      dispatcher: this.#dispatcher,
      parked: this.#parked,
      waiting: this.caller.waiting,
      countsBytes: hearsCalls(options.observer),
      monotonic: () => this.monotonic(),
    });
    this.#outbox.isStranger = true;
  }

  /** The other end. */
  get peer(): Peer {
    return this.#connection.peer;
  }

  /** Whether calls can be made. */
  get isOpen(): boolean {
    return this.#isOpen && this.#hasInput;
  }

  /** Who signed the connection in. */
  get principal(): Principal | null {
    return this.#dispatcher.principal;
  }

  set principal(principal: Principal | null) {
    this.#dispatcher.principal = principal;
    this.#connection.maxLineBytes = principal === null
      ? limits.maxLineBytesBeforeSignIn
      : limits.maxLineBytes;
    this.#outbox.isStranger = principal === null;
    if (principal !== null) this.#dispatcher.onAccepted?.();
    this.onPrincipal?.();
  }

  /** Resolves when the connection has ended, with the reason where it was not in order. */
  get closed(): Promise<string | undefined> {
    return this.#closed.promise;
  }

  /** Called once the other side has proved that it may be here. */
  get onAccepted(): (() => void) | undefined {
    return this.#dispatcher.onAccepted;
  }

  set onAccepted(accepted: (() => void) | undefined) {
    this.#dispatcher.onAccepted = accepted;
  }

  monotonic(): number {
    return this.#options.clock.monotonic();
  }

  now(): number {
    return this.#options.clock.now();
  }

  /** Reads until the connection ends. Never rejects. */
  async run(): Promise<void> {
    const intake = this.#intake;
    try {
      // A transport need not wake a read when the connection is aborted, so look before each.
      while (this.#isOpen) {
        const lines = await this.#connection.receive();
        if (lines === null) break;
        // One count for the whole chunk: in ASCII every line has as many bytes as characters.
        const isAscii = intake.isCountedByCharacters(lines);
        for (let at = 0; at < lines.length;) {
          at = intake.take(lines, at, isAscii);
          while (intake.isBlocked) await intake.somethingLeft();
        }
      }
      if (this.#isOpen) await this.#finish();
      this.#end(undefined, undefined);
    } catch (error) {
      const words = lastWords(error);
      if (words !== undefined) {
        this.#router.end();
        this.#outbox.push(words);
        await this.#sendRest(limits.lingerMs);
      }
      this.#end(error, error instanceof Error ? error.message : String(error));
    }
  }

  /**
   * Closes the connection in order: refuses new calls, lets running ones finish, sends what waits.
   *
   * @param drainTimeoutMs How long running calls may take, in milliseconds.
   */
  async close(drainTimeoutMs = 0): Promise<void> {
    this.#router.stop();
    const endAt = this.monotonic() + drainTimeoutMs;
    if (drainTimeoutMs > 0) {
      await this.#untilClosedOr(this.#callsEnded(), drainTimeoutMs);
      await this.#untilClosedOr(this.#dispatcher.idle(), endAt - this.monotonic());
    }
    if (!this.#isOpen) return;
    // Whatever still runs has had its time: a stream would go on for ever.
    this.#parked.clear();
    this.#dispatcher.abortAll(() => connectionEnded(this.peer, undefined));
    // The end of the connection alone does not tell the other side that nobody waits any more.
    this.caller.cancelAll();
    this.caller.end(() => connectionEnded(this.peer, undefined));
    await this.#sendRest(Math.max(endAt - this.monotonic(), limits.lingerMs));
    this.#end(undefined, undefined);
  }

  /** Whether no call is under way in either direction: dropping the connection loses nothing. */
  get isQuiet(): boolean {
    return this.caller.waiting.size === 0 && this.#dispatcher.running === 0 &&
      this.#outbox.isEmpty && this.#parked.isEmpty;
  }

  /**
   * Drops the connection now.
   *
   * @param reason Why, for the log.
   */
  abort(reason: string): void {
    this.#end(undefined, reason);
  }

  /**
   * Drops a connection that took too long, once sign-ins that are under way have been refused.
   *
   * @param reason Why, for the client and for the log.
   */
  async expire(reason: string): Promise<void> {
    const wasWaiting = this.#signIns.end(() => new DariError("deadline_exceeded", reason));
    if (wasWaiting) await this.#untilClosedOr(this.#outbox.emptied(), limits.lingerMs);
    this.#end(undefined, reason);
  }

  /** Ends what a revoked credential signed in: the connection, or the calls that it came with. */
  revoke(principal: Principal): void {
    if (this.principal === principal) this.abort("its credential was revoked");
    else this.#dispatcher.revoke(principal);
  }

  /** Sends what waits, to a peer that may never read it, and closes the connection. */
  async #sendRest(timeoutMs: number): Promise<void> {
    if (!this.#outbox.isEmpty) await this.#untilClosedOr(this.#outbox.emptied(), timeoutMs);
    this.#outbox.close();
    await this.#connection.close();
  }

  async #untilClosedOr(event: Promise<void>, timeoutMs: number): Promise<boolean> {
    return await settlesWithin(Promise.race([event, this.closed]), timeoutMs);
  }

  /**
   * The other side has ended its half. It may still read, as one does that sends its requests through
   * a pipe: its calls go on inside their deadlines, and their replies leave.
   */
  async #finish(): Promise<void> {
    this.#hasInput = false;
    this.caller.end(() => connectionEnded(this.peer, undefined));
    if (!this.#connection.isHalfCloseable) {
      if (this.#outbox.isOwing) await this.#sendRest(limits.lingerMs);
      return;
    }
    this.#dispatcher.endInput();
    if (this.isQuiet && !this.#router.isSigningIn) return await this.#sendRest(limits.lingerMs);
    // Only a write finds out that the other side is gone for good. The wire ignores blank lines.
    const { halfOpenProbeMs = limits.halfOpenProbeMs } = this.#options;
    while (!await this.#untilClosedOr(this.#callsEnded(), halfOpenProbeMs)) {
      this.#outbox.pushRequest("");
    }
    if (this.#isOpen) await this.#sendRest(Infinity);
  }

  /** Resolves once every request that came has its reply. */
  async #callsEnded(): Promise<void> {
    await this.#parked.served();
    await this.#router.signInsEnded();
    await this.#dispatcher.callsEnded();
  }

  #end(cause: unknown, reason: string | undefined): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#hasInput = false;
    this.#intake.end();
    this.#router.end();
    this.#parked.clear();
    this.#outbox.close();
    this.#connection.abort();
    // Most connections end with no call under way: an error that nobody gets is not made.
    let made: TransportError | undefined;
    const error = () => made ??= connectionEnded(this.peer, cause);
    this.caller.end(error);
    this.#signIns.end(error);
    this.#dispatcher.abortAll(error);
    this.#options.gate.forget(this.id);
    this.#closed.resolve(reason);
  }
}
