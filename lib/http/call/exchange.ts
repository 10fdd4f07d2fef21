/**
 * One HTTP request that carries calls. It is to the dispatcher what a connection is on other
 * transports: it says who calls and from where, and takes the replies.
 *
 * @module
 */

import type { Principal } from "../../auth/policy/principal.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { encodeError, encodeStopping } from "../../protocol/encode.ts";
import type { Line } from "../../protocol/line.ts";
import type { Message } from "../../protocol/message.ts";
import { MessageRouter, type MessageTargets } from "../../rpc/connection/message_router.ts";
import { connectionEnded } from "../../rpc/call/connection_ended.ts";
import type {
  BatchSink,
  CallerBack,
  CallHost,
  CallValues,
  Replies,
  ReplySink,
} from "../../rpc/dispatch/call_host.ts";
import { Dispatcher } from "../../rpc/dispatch/dispatcher.ts";
import { type SignInHost, type SignInMessage, SignIns } from "../../rpc/dispatch/sign_in.ts";
import type { CallRecord } from "../../rpc/observer.ts";
import { hearsCalls } from "../../rpc/observer_guard.ts";
import type { ServedConnection } from "../../rpc/served_connection.ts";
import { lineRefusal, type ReplyBudget } from "../../rpc/outbox/reply_budget.ts";
import type { Serving } from "../../rpc/server/call_source.ts";
import type { Peer } from "../../transport/connection.ts";
import { HttpFault } from "../engine/http_fault.ts";
import type { HttpRequest } from "../engine/http_message.ts";
import { requestBudget } from "../reply/owed_bytes.ts";
import { NO_ID } from "./reply_text.ts";

const { freeReplyBytes: FREE } = limits;

/** Sign-ins of several messages: they are bound to a connection, and HTTP has none to bind them to. */
const SEVERAL_MESSAGES: ReadonlySet<string> = new Set(["rpc.scram", "rpc.challenge", "rpc.renew"]);

/** One request. */
export class Exchange implements CallHost, SignInHost, MessageTargets, BatchSink, ServedConnection {
  readonly takesBytes: boolean;
  /** Whether the request came with a credential; set before its calls are served. */
  hasCredential = false;
  /** Serves the calls. */
  readonly dispatcher: Dispatcher;
  /** The page that signs in by passkey; set by the route that serves its request. */
  site: SignInHost["site"];
  readonly back: CallerBack;
  readonly values: CallValues | undefined;
  readonly #request: HttpRequest;
  readonly #serving: Serving;
  readonly #items: ReplySink | undefined;
  #id: string | undefined;
  #signIns: SignIns | undefined;
  /** The reply, once it is there. */
  #reply: Line | undefined;
  /** Made by the first reply that is long, or of a batch. */
  #budget: ReplyBudget | undefined;
  /** The characters of replies that batches gather. */
  #reserved = 0;
  #isOver = false;
  /** Made by `reply`. */
  #waiting: PromiseWithResolvers<Line> | undefined;

  /**
   * @param request The request.
   * @param serving What serving calls needs.
   * @param parts Where items of streams go, the way back to the caller, and how values travel.
   */
  constructor(request: HttpRequest, serving: Serving, parts: ExchangeParts = PLAIN) {
    this.#request = request;
    this.#serving = serving;
    this.back = parts.back ?? NO_WAY_BACK;
    this.values = parts.values;
    this.takesBytes = parts.values !== undefined;
    this.#items = parts.items;
    this.dispatcher = new Dispatcher(this, parts.items ?? NO_STREAM, serving);
  }

  get id(): string {
    return this.#id ??= crypto.randomUUID();
  }

  get peer(): Peer {
    return this.#request.peer;
  }

  /** Publishes what handlers publish. */
  get publishing(): CallHost["publishing"] {
    return this.#serving.publishing;
  }

  /** When the oldest of its calls began: a request that has none at work is not listed. */
  get openedAtMs(): number {
    return this.calls[0]?.startedAtMs ?? this.now();
  }

  /** The calls that have not ended. */
  get calls(): readonly CallRecord[] {
    return this.dispatcher.calls;
  }

  get principal(): Principal | null {
    return this.dispatcher.principal;
  }

  set principal(principal: Principal | null) {
    this.dispatcher.principal = principal;
  }

  monotonic(): number {
    return this.#serving.clock.monotonic();
  }

  now(): number {
    return this.#serving.clock.now();
  }

  /**
   * Serves a message and everything in it. A call of which nobody hears, and that is answered at once,
   * never looks at the clock: reading it takes as long as the rest of the dispatch.
   */
  route(message: Message, bytesIn: number): void {
    const { observer } = this.#serving;
    const receivedAt = hearsCalls(observer) ? this.monotonic() : undefined;
    new MessageRouter(this).route(message, receivedAt, bytesIn);
  }

  /**
   * Gives the reply, where the request asks for one and no stream takes it.
   *
   * @returns The reply, or a promise of it.
   * @throws {HttpFault} 499, 503 when the request was ended; as a rejection.
   */
  reply(): Line | Promise<Line> {
    if (this.#reply !== undefined) return this.#reply;
    this.#waiting = Promise.withResolvers<Line>();
    this.#request.onGone(() => this.gone());
    return this.#waiting.promise;
  }

  /** Ends the calls of a client that has gone. */
  gone(): void {
    if (this.#reply !== undefined) return; // it has what it asked for
    const reason = () => connectionEnded(this.peer, undefined);
    this.dispatcher.abortAll(reason, true);
    this.#signIns?.end(reason);
    this.#end();
    this.#waiting?.reject(new HttpFault(499, "The client has gone"));
  }

  /**
   * Ends calls that take longer than the server goes on.
   *
   * @returns The calls.
   */
  cut(): ReturnType<Dispatcher["abortAll"]> {
    const cut = this.dispatcher.abortAll(() => connectionEnded(this.peer, undefined));
    if (this.#items !== undefined) this.#items.push(encodeStopping(NO_ID));
    this.#end();
    this.#waiting?.reject(new HttpFault(503, "The server is stopping", { "retry-after": "1" }));
    return cut;
  }

  // What takes replies.

  refusal(reply: Line): DariError | undefined {
    if (this.#reserved + reply.length <= FREE) return undefined; // as nearly every reply
    return lineRefusal(reply) ?? this.#ownBudget().refusal(this.#reserved, reply.length);
  }

  push(reply: Line): void {
    this.#reply = reply;
    if (this.#items !== undefined) return this.#items.push(reply);
    this.#waiting?.resolve(reply);
  }

  reserve(length: number): void {
    if (this.#isOver) return;
    this.#reserved += length;
    if (this.#reserved > FREE || this.#budget !== undefined) {
      this.#ownBudget().settle(this.#reserved);
    }
  }

  unreserve(length: number): void {
    this.reserve(-length);
  }

  #ownBudget(): ReplyBudget {
    this.#budget ??= requestBudget(this.#serving.shared);
    this.#budget.isStranger = !this.hasCredential && this.principal === null;
    return this.#budget;
  }

  /** No batch will be complete any more. */
  #end(): void {
    this.#isOver = true;
    this.#budget?.settle(0);
  }

  // Where the router takes messages. Those that answer or steer calls of a connection mean nothing.

  readonly waiting = NOTHING_WAITS;
  readonly streams = NO_STREAMS;

  get replies(): BatchSink {
    return this;
  }

  get signIns(): Pick<SignIns, "serve"> {
    return { serve: (message, replies) => this.#signIn(message, replies) };
  }

  hello(): never {
    throw new DariError("failed_precondition", "rpc.hello is for connections; HTTP needs none");
  }

  drained(): void {}

  #signIn(message: SignInMessage, replies: Replies): void {
    if (SEVERAL_MESSAGES.has(message.method)) {
      const reason = `"${message.method}" needs a connection of its own; over HTTPS sign in by ` +
        "rpc.login, or send an API key";
      return replies.push(encodeError(message.id, new DariError("failed_precondition", reason)));
    }
    this.#signIns ??= new SignIns(this, this.#serving);
    this.#signIns.serve(message, replies);
  }
}

/** What requests differ in. */
export interface ExchangeParts {
  /** Takes the items of streams. @default {there are none} */
  readonly items?: ReplySink | undefined;
  /** The way back to the caller. @default {there is none} */
  readonly back?: CallerBack | undefined;
  /** How values travel. @default {in plain JSON} */
  readonly values?: CallValues | undefined;
}

const PLAIN: ExchangeParts = Object.freeze({});

const NO_WAY_BACK: CallerBack = {
  notify(method) {
    throw noWayBack(method);
  },
  call: (method) => Promise.reject(noWayBack(method)),
};

function noWayBack(method: string): DariError {
  return new DariError(
    "failed_precondition",
    `"${method}" cannot be sent to the caller: its call came by HTTPS`,
  );
}

/** A reply that is not a stream has no place for items. */
const NO_STREAM: ReplySink = {
  takesBytes: false,
  isClosed: false,
  isFull: false,
  drained: () => Promise.resolve(),
  refusal: () =>
    new DariError(
      "failed_precondition",
      "The method streams; ask for it with Accept: text/event-stream",
    ),
  push: () => {},
};

const NOTHING_WAITS: MessageTargets["waiting"] = {
  resolve: () => {},
  reject: () => {},
  misread: () => {},
  pushItem: () => {},
  has: () => false,
};

const NO_STREAMS: MessageTargets["streams"] = {
  take: () => false,
  revive: (value) => ({ value, streams: [] }),
};
