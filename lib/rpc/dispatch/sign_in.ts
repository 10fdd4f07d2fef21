/**
 * The messages with which a connection is signed in and out.
 *
 * @module
 */

import type { Gate, SignInMethod } from "../../auth/sign_in/gate.ts";
import type { Principal } from "../../auth/policy/principal.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { encodeError, encodeResult } from "../../protocol/encode.ts";
import type { RequestMessage } from "../../protocol/message.ts";
import type { Peer } from "../../transport/connection.ts";
import type { Replies } from "../method/context.ts";
import type { Observer } from "./dispatcher.ts";

const METHODS: ReadonlySet<string> = new Set<SignInMethod>([
  "rpc.login",
  "rpc.scram",
  "rpc.challenge",
  "rpc.authenticate",
  "rpc.logout",
]);

/** Whether a request is for the gate, and not for a method. */
export function isSignIn(message: RequestMessage): message is SignInMessage {
  return METHODS.has(message.method);
}

/** A request for the gate. */
export type SignInMessage = RequestMessage & { readonly method: SignInMethod };

/** The connection that is signed in and out. */
export interface SignInHost {
  /** Names it: exchanges of several messages are bound to it. */
  readonly id: string;
  readonly peer: Peer;
  /** Who signed it in. */
  principal: Principal | null;
}

/** Serves the sign-in requests of one connection. */
export class SignIns {
  readonly #host: SignInHost;
  readonly #gate: Pick<Gate, "signIn">;
  readonly #observer: Observer;
  #underWay = 0;

  /**
   * @param host The connection.
   * @param options Who signs it in, and who is told of what fails here.
   */
  constructor(
    host: SignInHost,
    options: { readonly gate: Pick<Gate, "signIn">; readonly observer: Observer },
  ) {
    this.#host = host;
    this.#gate = options.gate;
    this.#observer = options.observer;
  }

  /**
   * Serves a request.
   *
   * @param message The request.
   * @param replies Where the reply goes.
   */
  serve({ id, method, params }: SignInMessage, replies: Replies): void {
    // Anybody may send these, and some wait for a core: they must not gather without end.
    if (this.#underWay >= limits.maxSignInsInFlight) {
      return replies.push(encodeError(id, tooMany()));
    }
    this.#underWay++;
    const host = this.#host;
    const { peer, id: connectionId, principal } = host;
    // Ending its session cuts the connections that it signed in: this one has to answer yet.
    if (method === "rpc.logout") host.principal = null;
    this.#gate.signIn(method, params, { peer, connectionId, principal }).then((reply) => {
      if (reply.principal !== undefined) host.principal = reply.principal;
      replies.push(encodeResult(id, reply.result));
    }).catch((error) => {
      if (!(error instanceof DariError)) this.#observer.handlerFailed?.(method, error);
      replies.push(encodeError(id, error));
    }).finally(() => this.#underWay--);
  }
}

function tooMany(): DariError {
  return new DariError(
    "resource_exhausted",
    `More than ${limits.maxSignInsInFlight} sign-in requests are under way on this connection`,
  );
}
