/**
 * The requests that sign a connection in and out.
 *
 * @module
 */

import type { Gate, SignInMethod } from "../../auth/sign_in/gate.ts";
import type { Site } from "../../auth/factor/passkey_record.ts";
import type { Principal } from "../../auth/policy/principal.ts";
import { after } from "../../base/abort.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { encodeError, encodeResult } from "../../protocol/encode.ts";
import type { RequestMessage } from "../../protocol/message.ts";
import type { Peer } from "../../transport/connection.ts";
import type { Observer, SignInRecord } from "../observer.ts";
import type { Replies } from "./call_host.ts";

const METHODS: ReadonlySet<string> = new Set<SignInMethod>([
  "rpc.login",
  "rpc.scram",
  "rpc.challenge",
  "rpc.authenticate",
  "rpc.passkey",
  "rpc.accept",
  "rpc.renew",
  "rpc.logout",
]);

/** RFC 5802, section 7: gs2-header, then the name in `n=`. */
const SCRAM_FIRST = /^[^,]*,[^,]*,(?:m=[^,]*,)?n=([^,]*),/;

/** Whether the gate answers a request, and not a method. */
export function isSignIn(message: RequestMessage): message is SignInMessage {
  return METHODS.has(message.method);
}

/** A request that the gate answers. */
export type SignInMessage = RequestMessage & { readonly method: SignInMethod };

/** The connection that is signed in and out. */
export interface SignInHost {
  /** Names the connection: exchanges of several messages are bound to it. */
  readonly id: string;
  /** The other end. */
  readonly peer: Peer;
  /** The principal that signed the connection in. */
  principal: Principal | null;
  /** The gateway's page that its requests come from. */
  readonly site?: Site | undefined;
  /** Called where the peer has proved something and is asked for more: it has time to answer. */
  readonly onAccepted?: (() => void) | undefined;
}

/** A request that waits for those before it, or is being served. */
interface Pending {
  readonly message: SignInMessage;
  readonly replies: Replies;
  /** The account that it names, for observers. */
  readonly name: string | undefined;
  /** Aborted when the request was answered before the gate did. */
  readonly ended: AbortController;
  /** Forgets the request's deadline; set when the request joins the others. */
  stopTimer(): void;
  isAnswered: boolean;
}

/**
 * Serves the sign-in requests of one connection, one after another in the order in which they came:
 * each finds the connection as the one before it left it. A request that is not answered within its
 * deadline is refused, and the gate hears of it.
 */
export class SignIns {
  readonly #host: SignInHost;
  readonly #gate: Pick<Gate, "signIn">;
  readonly #observer: Observer;
  readonly #timeoutMs: number;
  /** The request that is being served, and behind it those that wait; each leaves once served. */
  readonly #pending: Pending[] = [];
  /** The name that began the last exchange of several messages, for observers. */
  #exchangeName: string | undefined;

  /**
   * @param host The connection.
   * @param options The gate, and an observer whose members do not throw.
   * @param timeoutMs The longest time that a request may take, whatever it asks for, in milliseconds.
   */
  constructor(
    host: SignInHost,
    options: { readonly gate: Pick<Gate, "signIn">; readonly observer: Observer },
    timeoutMs: number = limits.signInTimeoutMs,
  ) {
    this.#host = host;
    this.#gate = options.gate;
    this.#observer = options.observer;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Serves a request.
   *
   * @param message The request.
   * @param replies Takes the reply.
   */
  serve(message: SignInMessage, replies: Replies): void {
    const pending: Pending = {
      message,
      replies,
      name: this.#nameIn(message.method, message.params),
      ended: new AbortController(),
      stopTimer: () => {},
      isAnswered: false,
    };
    // Anybody may send these requests, and some wait for a core: their number must be bounded.
    if (this.#pending.length >= limits.maxSignInsInFlight) return this.#fail(pending, tooMany());
    const timeoutMs = Math.min(message.meta?.timeoutMs ?? Infinity, this.#timeoutMs);
    pending.stopTimer = after(timeoutMs, () => this.#fail(pending, tooLate(timeoutMs)));
    if (this.#pending.push(pending) === 1) void this.#serveAll();
  }

  /**
   * Refuses every request that is not answered yet.
   *
   * @param reasonOf Makes the reason for the client, where there is one to tell.
   * @returns Whether there was one.
   */
  end(reasonOf: () => DariError): boolean {
    const unanswered = this.#pending.filter(({ isAnswered }) => !isAnswered);
    for (const pending of unanswered) this.#fail(pending, reasonOf());
    return unanswered.length > 0;
  }

  async #serveAll(): Promise<void> {
    for (let next = this.#pending[0]; next !== undefined; next = this.#pending[0]) {
      if (!next.isAnswered) await this.#serveOne(next);
      this.#pending.shift();
    }
  }

  async #serveOne(pending: Pending): Promise<void> {
    const { message: { id, method, params }, ended: { signal } } = pending;
    const host = this.#host;
    const { peer, id: connectionId, principal, site } = host;
    // The end of a session cuts the connections that it signed in, and this one still has to answer.
    if (method === "rpc.logout") host.principal = null;
    try {
      const context = { peer, connectionId, principal, signal, site };
      const reply = await this.#gate.signIn(method, params, context);
      if (pending.isAnswered) return;
      if (reply.principal !== undefined) host.principal = reply.principal;
      this.#answer(pending, encodeResult(id, reply.result));
      if (reply.principal) this.#tell("signInSucceeded", method, reply.principal, reply.factor);
      else if (method === "rpc.logout" && principal !== null) {
        this.#tell("signedOut", method, principal);
      }
    } catch (error) {
      this.#fail(pending, error);
      // Nobody finds an authenticator app in the time that a stranger has to sign in.
      const isAsked = error instanceof DariError && error.code === "second_factor_required";
      if (isAsked) host.onAccepted?.();
    }
  }

  #fail(pending: Pending, error: unknown): void {
    if (pending.isAnswered) return;
    const { message: { id, method }, name } = pending;
    this.#tellFailed(method, name, error);
    this.#answer(pending, encodeError(id, error));
    pending.ended.abort(error);
  }

  #answer(pending: Pending, reply: string): void {
    pending.isAnswered = true;
    pending.stopTimer();
    pending.replies.push(reply);
  }

  /** The account that a request names; the answer of an exchange names the one that began it. */
  #nameIn(method: SignInMethod, params: unknown): string | undefined {
    const { username, data, answer } = (params ?? {}) as Record<string, unknown>;
    if (method === "rpc.login") return nameOf(username);
    if (method === "rpc.challenge") return this.#exchangeName = nameOf(username);
    if (method === "rpc.authenticate") return answer === undefined ? undefined : this.#exchangeName;
    if (method !== "rpc.scram" || typeof data !== "string") return undefined;
    const first = SCRAM_FIRST.exec(data.slice(0, limits.maxSignInTextLength));
    if (first === null) return this.#exchangeName;
    return this.#exchangeName = nameOf(first[1]?.replaceAll("=2C", ",").replaceAll("=3D", "="));
  }

  #tell(
    event: "signInSucceeded" | "signedOut",
    method: SignInMethod,
    principal: Principal,
    factor?: string,
  ): void {
    this.#observer[event]?.({
      ...this.#place(method),
      name: principal.name,
      principal,
      ...(factor === undefined ? {} : { factor }),
      errorCode: undefined,
      error: undefined,
    });
  }

  #tellFailed(method: SignInMethod, name: string | undefined, error: unknown): void {
    const record: SignInRecord = {
      ...this.#place(method),
      name,
      principal: null,
      errorCode: error instanceof DariError ? error.code : "internal",
      error,
    };
    this.#observer.signInFailed?.(record);
    if (isLocked(error)) this.#observer.accountLocked?.(record);
  }

  #place(method: SignInMethod): Pick<SignInRecord, "connectionId" | "peer" | "method"> {
    return { connectionId: this.#host.id, peer: this.#host.peer, method };
  }
}

function nameOf(value: unknown): string | undefined {
  return typeof value === "string" ? value.slice(0, limits.maxNameBytes) : undefined;
}

/**
 * The gate says the same to the client whatever was wrong, and keeps the reason as the cause. It is
 * known by its name, since the classes of auth are not imported here.
 */
function isLocked(error: unknown): boolean {
  return error instanceof DariError && error.cause instanceof DariError &&
    error.cause.name === "AccountLockedError";
}

function tooMany(): DariError {
  return new DariError(
    "resource_exhausted",
    `More than ${limits.maxSignInsInFlight} sign-in requests are under way on this connection`,
  );
}

function tooLate(timeoutMs: number): DariError {
  return new DariError(
    "deadline_exceeded",
    `The sign-in took longer than ${timeoutMs} ms; try again later`,
  );
}
