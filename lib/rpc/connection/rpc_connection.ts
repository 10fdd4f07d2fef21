/**
 * A connection that carries calls: it reads messages, serves the calls among them, and hands replies
 * to the calls that wait for them. Both ends are alike; either may call the other.
 *
 * @module
 */

import type { Principal } from "../../auth/policy/principal.ts";
import { settlesWithin } from "../../base/abort.ts";
import { DariError, type TransportError } from "../../base/errors.ts";
import { reasonOf } from "../../base/file/reason.ts";
import { limits } from "../../base/limits.ts";
import type { Connection, Peer } from "../../transport/connection.ts";
import type { Caller } from "../call/caller.ts";
import { connectionEnded } from "../call/connection_ended.ts";
import type { CallerBack, CallHost } from "../dispatch/call_host.ts";
import type { CallRecord } from "../observer.ts";
import type { ServedConnection } from "../served_connection.ts";
import type { PeerValues } from "../peer/peer_values.ts";
import { lastWords } from "./foreign_protocol.ts";
import { type ConnectionParts, makeParts } from "./parts.ts";
import type { RpcConnectionOptions } from "./rpc_connection_options.ts";
import { WayBack } from "./way_back.ts";

/** A connection that carries calls both ways. */
export class RpcConnection implements CallHost, ServedConnection {
  /** Names the connection in logs; exchanges of several sign-in messages are bound to it. */
  readonly id: string = crypto.randomUUID();
  readonly openedAtMs: number;
  /** Calls the other side; made here, and ended with the connection. */
  readonly caller: Caller;
  /** Called when the connection was signed in or out; set and removed by the server. */
  onPrincipal: (() => void) | undefined;
  /** Made by a transport, given to this object, closed or aborted by it. */
  readonly #connection: Connection;
  readonly #options: RpcConnectionOptions;
  /** Made here; they end with the connection, in `#end`. */
  readonly #parts: ConnectionParts;
  readonly back: CallerBack;
  readonly publishing: CallHost["publishing"];
  /** Resolved by `#end`. */
  readonly #closed = Promise.withResolvers<string | undefined>();
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
    this.openedAtMs = options.clock.now();
    this.publishing = options.publishing;
    this.#parts = makeParts(this, connection, options, (error) => void this.#fail(error));
    this.caller = this.#parts.caller;
    this.back = new WayBack(this.caller, this.#parts.outbox);
  }

  /** The other end. */
  get peer(): Peer {
    return this.#connection.peer;
  }

  /** Whether calls can be made. */
  get isOpen(): boolean {
    return this.#isOpen && this.#hasInput;
  }

  /** The principal that signed the connection in. */
  get principal(): Principal | null {
    return this.#parts.dispatcher.principal;
  }

  set principal(principal: Principal | null) {
    this.#parts.dispatcher.principal = principal;
    this.#connection.maxLineBytes = principal === null
      ? limits.maxLineBytesBeforeSignIn
      : limits.maxLineBytes;
    this.#parts.outbox.isStranger = principal === null;
    if (principal !== null) this.#parts.dispatcher.onAccepted?.();
    this.onPrincipal?.();
  }

  /** How values travel to the other side. */
  get values(): PeerValues {
    return this.#parts.streams.values;
  }

  /** Resolves when the connection has ended, with the reason where it was not in order. */
  get closed(): Promise<string | undefined> {
    return this.#closed.promise;
  }

  /** Called once the other side has proved that it may be here. */
  get onAccepted(): (() => void) | undefined {
    return this.#parts.dispatcher.onAccepted;
  }

  set onAccepted(accepted: (() => void) | undefined) {
    this.#parts.dispatcher.onAccepted = accepted;
  }

  monotonic(): number {
    return this.#options.clock.monotonic();
  }

  now(): number {
    return this.#options.clock.now();
  }

  /**
   * Asks the other side what it knows beyond plain dari/1; waits for nothing. The first call leaves in
   * the same write: two of them cost more than all else of a connection's start.
   */
  sayHello(): void {
    this.#parts.outbox.gather();
    this.#connection.takesBlobs = true; // the answer may have bytes right behind it
    this.caller.sayHello();
    this.#parts.lifeSigns.expect();
  }

  /** Reads until the connection ends. Never rejects. */
  async run(): Promise<void> {
    try {
      await this.#parts.intake.readAll(this.#connection);
      if (this.#isOpen) await this.#finish();
      this.#end(undefined, undefined);
    } catch (error) {
      await this.#fail(error);
    }
  }

  /** Ends the connection because of an error. Never rejects. */
  async #fail(error: unknown): Promise<void> {
    const words = lastWords(error, this.#options.httpsAt?.());
    if (words !== undefined) {
      this.#parts.router.end();
      this.#parts.outbox.push(words);
      await this.#sendRest(limits.lingerMs).catch(() => {}); // nobody reads them
    }
    this.#end(error, reasonOf(error));
  }

  /**
   * Closes the connection in order: tells a peer that knows `rpc.drain`, then refuses new calls, lets
   * running ones finish, sends what waits.
   *
   * @param drainTimeoutMs How long running calls may take, in milliseconds.
   * @returns How many calls were cut, because they took longer.
   */
  async close(drainTimeoutMs = 0): Promise<number> {
    const { draining } = this.#parts;
    const endAt = this.monotonic() + drainTimeoutMs;
    if (drainTimeoutMs > 0 && this.isOpen && draining.isWanted) {
      // Meanwhile calls are served that were sent before the other side knew.
      const crossingMs = Math.min(drainTimeoutMs, limits.lingerMs);
      await this.#untilClosedOr(draining.say(drainTimeoutMs), crossingMs);
    }
    this.#parts.router.stop();
    if (drainTimeoutMs > 0) {
      await this.#untilClosedOr(this.#callsEnded(), drainTimeoutMs);
      await this.#untilClosedOr(this.#parts.dispatcher.idle(), endAt - this.monotonic());
    }
    if (!this.#isOpen) return 0;
    // Whatever still runs has had its time: a stream would go on for ever.
    this.#parts.parked.clear();
    const cut = this.#parts.dispatcher.abortAll(() => connectionEnded(this.peer, undefined));
    for (const call of cut) this.#options.observer.callCut?.(call);
    // The end of the connection alone does not tell the other side that nobody waits any more.
    this.caller.cancelAll(connectionEnded(this.peer, undefined));
    this.caller.end(() => connectionEnded(this.peer, undefined));
    await this.#sendRest(Math.max(endAt - this.monotonic(), limits.lingerMs));
    this.#end(undefined, undefined);
    return cut.length;
  }

  /** How many handlers are at work for the other side. */
  get running(): number {
    return this.#parts.dispatcher.running;
  }

  /** The calls of the other side that have not ended. */
  get calls(): readonly CallRecord[] {
    return this.#parts.dispatcher.calls;
  }

  /**
   * Closes a connection that has grown old, where the other side knows how to go on elsewhere.
   *
   * @param graceMs How long running calls may take, in milliseconds.
   */
  async retire(graceMs: number): Promise<void> {
    if (this.isOpen && this.#parts.draining.isWanted) await this.close(graceMs);
  }

  /** Whether nothing is under way in either direction: dropping the connection loses nothing. */
  get isQuiet(): boolean {
    const { dispatcher, intake, outbox, parked, streams } = this.#parts;
    return this.caller.waiting.isIdle && dispatcher.running === 0 && outbox.isEmpty &&
      intake.isEmpty && parked.isEmpty && streams.isEmpty;
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
    const wasWaiting = this.#parts.signIns.end(() => new DariError("deadline_exceeded", reason));
    if (wasWaiting) await this.#untilClosedOr(this.#parts.outbox.emptied(), limits.lingerMs);
    this.#end(undefined, reason);
  }

  /** Ends what a revoked credential signed in: the connection, or the calls that it came with. */
  revoke(principal: Principal): void {
    if (this.principal === principal) {
      this.#parts.dispatcher.abortAll(() => connectionEnded(this.peer, undefined));
      this.abort("its credential was revoked");
    } else this.#parts.dispatcher.revoke(principal);
  }

  /** Sends what waits, to a peer that may never read it, and closes the connection. */
  async #sendRest(timeoutMs: number): Promise<void> {
    const { outbox } = this.#parts;
    if (!outbox.isEmpty) await this.#untilClosedOr(outbox.emptied(), timeoutMs);
    outbox.close();
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
      if (this.#parts.outbox.isOwing) await this.#sendRest(limits.lingerMs);
      return;
    }
    this.#parts.dispatcher.endInput();
    this.#parts.streams.inputEnded(() => connectionEnded(this.peer, undefined));
    if (this.isQuiet && !this.#parts.router.isSigningIn) {
      return await this.#sendRest(limits.lingerMs);
    }
    // Only a write finds out that the other side is gone for good. The wire ignores blank lines.
    const { halfOpenProbeMs = limits.halfOpenProbeMs } = this.#options;
    while (!await this.#untilClosedOr(this.#callsEnded(), halfOpenProbeMs)) {
      this.#parts.outbox.pushRequest("");
    }
    if (this.#isOpen) await this.#sendRest(Infinity);
  }

  /** Resolves once every request that came has its reply. */
  async #callsEnded(): Promise<void> {
    await this.#parts.parked.served();
    await this.#parts.router.signInsEnded();
    await this.#parts.dispatcher.callsEnded();
  }

  #end(cause: unknown, reason: string | undefined): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#hasInput = false;
    const { intake, router, parked, outbox, signIns, dispatcher, streams } = this.#parts;
    this.#parts.lifeSigns.end();
    this.#parts.draining.end();
    intake.end();
    router.end();
    parked.clear();
    outbox.close();
    this.#connection.abort();
    // Most connections end with no call under way: an error that nobody gets is not made.
    let made: TransportError | undefined;
    const error = () => made ??= connectionEnded(this.peer, cause);
    this.caller.end(error);
    signIns.end(error);
    dispatcher.abortAll(error, true);
    streams.end(error);
    this.#options.gate.forget(this.id);
    this.#closed.resolve(reason);
  }
}
