import type { Gate } from "../../lib/auth/sign_in/gate.ts";
import type { Principal } from "../../lib/auth/policy/principal.ts";
import { DariError } from "../../lib/base/errors.ts";
import { limits } from "../../lib/base/limits.ts";
import type { Line } from "../../lib/protocol/line.ts";
import type { NotificationMessage, RequestMessage } from "../../lib/protocol/message.ts";
import type { CallHost, ReplySink } from "../../lib/rpc/dispatch/call_host.ts";
import { Dispatcher } from "../../lib/rpc/dispatch/dispatcher.ts";
import type { ServingOptions } from "../../lib/rpc/dispatch/serving_options.ts";
import type { Methods } from "../../lib/rpc/method/method.ts";
import { registerMethods } from "../../lib/rpc/method/registry.ts";
import type { ConnectionRecord } from "../../lib/rpc/observer.ts";
import { createPeerGate } from "../../lib/rpc/server/peer_gate.ts";
import type { Peer } from "../../lib/transport/connection.ts";
import { TestClock } from "./clock.ts";

export const ALICE: Principal = {
  name: "alice",
  kind: "session",
  roles: ["user"],
  credentialId: "session:1",
};

/** Where calls come from that no connection of lines carries, as an HTTPS gateway would make one. */
export class TestHost implements CallHost, ConnectionRecord {
  readonly id = "request-1";
  readonly peer: Peer = { transport: "https", address: "192.0.2.1:443" };
  principal: Principal | null = null;

  constructor(readonly clock: TestClock = new TestClock()) {}

  monotonic(): number {
    return this.clock.monotonic();
  }

  now(): number {
    return this.clock.now();
  }

  readonly back = {
    notify(method: string): void {
      throw noWayBack(method);
    },
    call: (method: string): Promise<unknown> => Promise.reject(noWayBack(method)),
  };
}

function noWayBack(method: string): DariError {
  return new DariError("failed_precondition", `An HTTPS request has no way back for "${method}"`);
}

/** Replies, parsed, as they are pushed. */
export class ReplyList implements ReplySink {
  readonly takesBytes = false;
  /** Set by a test whose reader falls behind. */
  isFull = false;
  isClosed = false;
  /** Set by a test whose reader takes no more. */
  refused: DariError | undefined;
  // deno-lint-ignore no-explicit-any
  readonly #replies: any[] = [];
  #pushed = Promise.withResolvers<void>();
  #drained = Promise.withResolvers<void>();

  refusal(): DariError | undefined {
    return this.refused;
  }

  reserve(): void {}

  unreserve(): void {}

  push(reply: Line): void {
    this.#replies.push(JSON.parse(typeof reply === "string" ? reply : reply.text));
    this.#pushed.resolve();
    this.#pushed = Promise.withResolvers<void>();
  }

  drained(): Promise<void> {
    return this.#drained.promise;
  }

  /** The reader has caught up. */
  drain(): void {
    this.isFull = false;
    this.#drained.resolve();
  }

  /** How many wait to be taken. */
  get length(): number {
    return this.#replies.length;
  }

  /** Takes the next reply. */
  // deno-lint-ignore no-explicit-any
  async next(): Promise<any> {
    while (this.#replies.length === 0) await this.#pushed.promise;
    return this.#replies.shift();
  }

  /** Takes those that are there. */
  // deno-lint-ignore no-explicit-any
  taken(): any[] {
    return this.#replies.splice(0);
  }
}

/** A request, decoded. */
export function request(
  method: string,
  params?: unknown,
  extra: Partial<RequestMessage> = {},
): RequestMessage {
  return {
    kind: "request",
    id: 1,
    method,
    params,
    auth: undefined,
    meta: undefined,
    types: undefined,
    ...extra,
  };
}

/** A notification, decoded. */
export function notification(method: string, params?: unknown): NotificationMessage {
  return {
    kind: "notification",
    method,
    params,
    auth: undefined,
    meta: undefined,
    types: undefined,
  };
}

/** A gate whose connections are alice's, and that knows no tokens. */
export const aliceGate: Gate = { ...createPeerGate(), identify: () => Promise.resolve(ALICE) };

/** A dispatcher without a connection; its caller is alice. */
export function startDispatcher(methods: Methods, options: Partial<ServingOptions> = {}) {
  const host = new TestHost();
  const replies = new ReplyList();
  const dispatcher = new Dispatcher(host, replies, {
    methods: registerMethods(methods),
    gate: aliceGate,
    observer: {},
    callTimeoutMs: limits.callTimeoutMs,
    maxCallTimeoutMs: limits.maxCallTimeoutMs,
    maxCallsInFlight: limits.maxCallsInFlight,
    ...options,
  });
  dispatcher.principal = ALICE;
  return {
    dispatcher,
    host,
    replies,
    clock: host.clock,
    dispatch(message: RequestMessage | NotificationMessage, bytesIn?: number): void {
      dispatcher.dispatch(message, replies, host.monotonic(), bytesIn);
    },
  };
}

/** An observer that notes the members that were called, and with what. */
export function recorder() {
  // deno-lint-ignore no-explicit-any
  const events: [member: string, ...heard: any[]][] = [];
  const observer = new Proxy({}, {
    get: (_, member: string) => (...heard: unknown[]) =>
      void events.push([member, ...heard.filter((value) => value !== undefined)]),
  });
  return { events, observer, names: () => events.map(([member]) => member) };
}
