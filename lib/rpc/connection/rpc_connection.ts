/**
 * A connection that carries calls: it reads messages, serves the calls among them, and hands replies
 * to the calls that wait for them. Both ends are alike; either may call the other.
 *
 * @module
 */

import type { Gate } from "../../auth/sign_in/gate.ts";
import type { Principal } from "../../auth/policy/principal.ts";
import { settlesWithin } from "../../base/abort.ts";
import { byteLength } from "../../base/byte_length.ts";
import type { Clock } from "../../base/clock.ts";
import { TransportError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { decodeLineIn } from "../../protocol/decode.ts";
import { encodeError } from "../../protocol/encode.ts";
import type { Connection, Peer } from "../../transport/connection.ts";
import { Caller, connectionEnded } from "../call/caller.ts";
import type { CallHost } from "../dispatch/call_host.ts";
import { Dispatcher, type ServingOptions } from "../dispatch/dispatcher.ts";
import { Outbox } from "../call/outbox.ts";
import { SignIns } from "../dispatch/sign_in.ts";
import type { ConnectionRecord } from "../observer.ts";
import { hearsCalls } from "../observer_guard.ts";
import { MessageRouter } from "./message_router.ts";

/** What an {@linkcode RpcConnection} is made with. */
export interface RpcConnectionOptions extends ServingOptions {
  /** Decides who calls and what they may call, and answers sign-in requests. */
  readonly gate: Gate;
  /** Where the time comes from. */
  readonly clock: Clock;
}

/** A connection that carries calls both ways. */
export class RpcConnection implements CallHost, ConnectionRecord {
  /** Names the connection in logs; exchanges of several sign-in messages are bound to it. */
  readonly id: string = crypto.randomUUID();
  /** Calls the other side; made here, and ended with the connection. */
  readonly caller: Caller;
  /** Made by a transport, given to this object, closed or aborted by it. */
  readonly #connection: Connection;
  readonly #options: RpcConnectionOptions;
  /** The parts are made here and end with the connection, in `#end`. */
  readonly #outbox: Outbox;
  readonly #dispatcher: Dispatcher;
  readonly #router: MessageRouter;
  /** Resolved by `#end`. */
  readonly #closed = Promise.withResolvers<string | undefined>();
  readonly #countsBytes: boolean;
  /** True until `#end`. */
  #isOpen = true;

  /**
   * @param connection The connection; this object owns and closes it.
   * @param options Methods, gate, clock and bounds.
   */
  constructor(connection: Connection, options: RpcConnectionOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#countsBytes = hearsCalls(options.observer);
    this.#outbox = new Outbox(
      connection,
      limits.maxUnsentBytes,
      (error) => this.#end(error, "sending failed"),
    );
    this.#dispatcher = new Dispatcher(this, this.#outbox, options);
    this.caller = new Caller(this.#outbox, connection.peer, () => this.monotonic());
    this.#router = new MessageRouter({
      waiting: this.caller.waiting,
      dispatcher: this.#dispatcher,
      signIns: new SignIns(this, options),
      replies: this.#outbox,
    });
  }

  /** The other end. */
  get peer(): Peer {
    return this.#connection.peer;
  }

  /** Whether calls can be made. */
  get isOpen(): boolean {
    return this.#isOpen;
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
    if (principal !== null) this.#dispatcher.onAccepted?.();
  }

  /** Resolves when the connection has ended, with the reason where it was not in order. */
  get closed(): Promise<string | undefined> {
    return this.#closed.promise;
  }

  /** Called once the other side has proved that it may be here. */
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
    try {
      // A transport need not wake a read when the connection is aborted, so look before each.
      while (this.#isOpen) {
        const lines = await this.#connection.receive();
        if (lines === null) break;
        // One count for the whole chunk: in ASCII every line has as many bytes as characters.
        const isAscii = !this.#countsBytes || byteLength(lines) === lines.length;
        for (let at = 0; at < lines.length;) {
          this.#dispatcher.beginTurn();
          at = this.#take(lines, at, isAscii);
          this.#outbox.flush();
          this.#dispatcher.endTurn();
          // A peer that does not read its replies is not read from either.
          if (this.#outbox.isFull) await this.#outbox.drained();
        }
      }
      // The other side may have ended its half alone and still read.
      if (this.#outbox.isOwing) await this.#sendRest(limits.lingerMs);
      this.#end(undefined, undefined);
    } catch (error) {
      if (error instanceof TransportError && error.code === "resource_exhausted") {
        this.#outbox.push(encodeError(null, error));
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
    if (drainTimeoutMs > 0) await this.#untilClosedOr(this.#dispatcher.idle(), drainTimeoutMs);
    if (!this.#isOpen) return;
    await this.#sendRest(Math.max(drainTimeoutMs, limits.lingerMs));
    this.#end(undefined, undefined);
  }

  /** Whether no call is under way in either direction: dropping the connection loses nothing. */
  get isQuiet(): boolean {
    return this.caller.waiting.size === 0 && this.#dispatcher.running === 0 && this.#outbox.isEmpty;
  }

  /**
   * Drops the connection now.
   *
   * @param reason Why, for the log.
   */
  abort(reason: string): void {
    this.#end(undefined, reason);
  }

  /** Ends what a revoked credential signed in: the connection, or the calls that it came with. */
  revoke(principal: Principal): void {
    if (this.principal === principal) this.abort("its credential was revoked");
    else this.#dispatcher.revoke(principal);
  }

  /** Sends what waits, to a peer that may never read it, and closes the connection. */
  async #sendRest(timeoutMs: number): Promise<void> {
    await this.#untilClosedOr(this.#outbox.emptied(), timeoutMs);
    this.#outbox.close();
    await this.#connection.close();
  }

  async #untilClosedOr(event: Promise<void>, timeoutMs: number): Promise<void> {
    await settlesWithin(Promise.race([event, this.closed]), timeoutMs);
  }

  /** Takes lines until the outbox is full of replies; returns the place of the next line. */
  #take(lines: string, start: number, isAscii: boolean): number {
    const receivedAt = this.monotonic();
    while (start < lines.length && this.#isOpen && !this.#outbox.isFull) {
      const end = lines.indexOf("\n", start);
      const isBlank = end === start || (end === start + 1 && lines[start] === "\r");
      if (!isBlank) {
        const bytes = isAscii ? end - start : byteLength(lines.slice(start, end));
        this.#router.route(decodeLineIn(lines, start, end, limits), receivedAt, bytes);
      }
      start = end + 1;
    }
    return this.#isOpen ? start : lines.length;
  }

  #end(cause: unknown, reason: string | undefined): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#router.end();
    this.#outbox.close();
    this.#connection.abort();
    const error = connectionEnded(this.peer, cause);
    this.caller.end(error);
    this.#dispatcher.abortAll(error);
    this.#options.gate.forget(this.id);
    this.#closed.resolve(reason);
  }
}
