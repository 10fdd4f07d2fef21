/**
 * One connection in use: reads messages, serves the calls among them and settles the replies. Both
 * ends are alike; either may call the other.
 *
 * @module
 */

import type { Gate } from "../../auth/sign_in/gate.ts";
import type { Principal } from "../../auth/policy/principal.ts";
import type { Clock } from "../../base/clock.ts";
import { DariError, TransportError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { decodeLineIn } from "../../protocol/decode.ts";
import { encodeError, encodeStopping } from "../../protocol/encode.ts";
import type { Message, NotificationMessage, SingleMessage } from "../../protocol/message.ts";
import type { Connection, Peer } from "../../transport/connection.ts";
import { BatchReplies } from "../dispatch/batch.ts";
import { Caller, CANCEL, connectionEnded, CREDIT } from "../call/caller.ts";
import type { CallHost, Replies } from "../method/context.ts";
import { Dispatcher, type ServingOptions } from "../dispatch/dispatcher.ts";
import { ITEM } from "../dispatch/item_source.ts";
import { Outbox } from "../call/outbox.ts";
import { isSignIn, SignIns } from "../dispatch/sign_in.ts";
import { within } from "./within.ts";

/** What a session is made with. */
export interface SessionOptions extends ServingOptions {
  /** Who is calling; the whole of it, since sign-in messages arrive here. */
  readonly gate: Gate;
  /** Where the time comes from. */
  readonly clock: Clock;
}

/** One connection in use. */
export class Session implements CallHost {
  /** Names the connection in logs, and exchanges of sign-in are bound to it. */
  readonly id: string = crypto.randomUUID();
  /** Calls the other side; made here, and ended with the connection. */
  readonly caller: Caller;
  readonly #connection: Connection;
  readonly #options: SessionOptions;
  readonly #outbox: Outbox;
  readonly #dispatcher: Dispatcher;
  readonly #signIns: SignIns;
  readonly #closed = Promise.withResolvers<string | undefined>();
  #isOpen = true;
  #isStopping = false;

  /**
   * @param connection The connection; the session owns and closes it.
   * @param options Methods, identity, clock and bounds.
   */
  constructor(connection: Connection, options: SessionOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#outbox = new Outbox(
      connection,
      limits.maxUnsentBytes,
      (error) => this.#end(error, "sending failed"),
    );
    this.#dispatcher = new Dispatcher(this, this.#outbox, options);
    this.#signIns = new SignIns(this, options);
    this.caller = new Caller(this.#outbox, connection.peer, () => this.monotonic());
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
      // A transport need not wake a read that waits while the session ends: ask before each.
      while (this.#isOpen) {
        const lines = await this.#connection.receive();
        if (lines === null) break;
        for (let at = 0; at < lines.length;) {
          this.#dispatcher.beginTurn();
          at = this.#take(lines, at);
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
   * Ends the session in order: takes no new calls, lets the running ones finish, sends what waits.
   *
   * @param drainTimeoutMs How long running calls may take, in milliseconds.
   */
  async close(drainTimeoutMs = 0): Promise<void> {
    this.#isStopping = true;
    if (drainTimeoutMs > 0) await within(drainTimeoutMs, this.#dispatcher.idle(), this.closed);
    if (!this.#isOpen) return;
    await this.#sendRest(Math.max(drainTimeoutMs, limits.lingerMs));
    this.#end(undefined, undefined);
  }

  /** Whether nothing is under way either way: the connection can be dropped without loss. */
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

  /** A credential was revoked: what it signed in or was sent with ends. */
  revoke(principal: Principal): void {
    if (this.principal === principal) this.abort("its credential was revoked");
    else this.#dispatcher.revoke(principal);
  }

  /** Sends what waits, to a peer that may never read it, and closes the connection. */
  async #sendRest(timeoutMs: number): Promise<void> {
    await within(timeoutMs, this.#outbox.emptied(), this.closed);
    this.#outbox.close();
    await this.#connection.close();
  }

  /** Takes lines until the replies to them are as much as may wait; gives where it stopped. */
  #take(lines: string, start: number): number {
    const receivedAt = this.monotonic();
    while (start < lines.length && this.#isOpen && !this.#outbox.isFull) {
      const end = lines.indexOf("\n", start);
      const isBlank = end === start || (end === start + 1 && lines[start] === "\r");
      if (!isBlank) this.#accept(decodeLineIn(lines, start, end, limits), receivedAt);
      start = end + 1;
    }
    return this.#isOpen ? start : lines.length;
  }

  #accept(message: Message, receivedAt: number): void {
    if (message.kind !== "batch") return this.#acceptOne(message, this.#outbox, receivedAt);
    const replies = new BatchReplies(message.messages, this.#outbox);
    for (const element of message.messages) this.#acceptOne(element, replies, receivedAt);
  }

  #acceptOne(message: SingleMessage, replies: Replies, receivedAt: number): void {
    switch (message.kind) {
      case "result":
        return this.caller.waiting.resolve(message.id, message.result);
      case "error":
        return this.caller.waiting.reject(message.id, message.error);
      case "invalid": {
        const what = message.code === "parse_error" ? "Parse error" : "Invalid request";
        const error = new DariError(message.code, `${what}: ${message.reason}`);
        if (message.replyTo !== undefined) {
          this.caller.waiting.misread(message.replyTo, message.reason);
        }
        return replies.push(encodeError(message.id, error));
      }
      case "request":
        if (this.#isStopping) return replies.push(encodeStopping(message.id));
        if (isSignIn(message)) return this.#signIns.serve(message, replies);
        return this.#dispatcher.dispatch(message, replies, receivedAt);
      case "notification":
        return this.#acceptNotification(message, replies, receivedAt);
      default:
        message satisfies never;
    }
  }

  #acceptNotification(message: NotificationMessage, replies: Replies, receivedAt: number): void {
    const { id, value, count } = (message.params ?? {}) as Record<string, unknown>;
    if (message.method === ITEM) return this.caller.waiting.pushItem(id, value);
    if (message.method === CANCEL) return this.#dispatcher.cancel(id);
    if (message.method === CREDIT) return this.#dispatcher.grant(id, count);
    if (!this.#isStopping) this.#dispatcher.dispatch(message, replies, receivedAt);
  }

  #end(cause: unknown, reason: string | undefined): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#outbox.close();
    this.#connection.abort();
    const error = connectionEnded(this.peer, cause);
    this.caller.end(error);
    this.#dispatcher.abortAll(error);
    this.#options.gate.forget(this.id);
    this.#closed.resolve(reason);
  }
}
