/**
 * Opens connections for a link: dials, and signs in.
 *
 * @module
 */

import { systemClock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import type { Connection } from "../../transport/connection.ts";
import { type LifeSignTimes, lifeSignTimes } from "../connection/life_signs.ts";
import { RpcConnection } from "../connection/rpc_connection.ts";
import { lifeMethods } from "../builtin/builtin.ts";
import { Health } from "../builtin/health.ts";
import { type RegisteredMethod, registerMethods } from "../method/registry.ts";
import type { Observer } from "../observer.ts";
import { createPeerGate } from "../server/peer_gate.ts";
import type { LinkOptions, SignOut } from "./link_options.ts";
import { SERVER } from "./server_principal.ts";

// The same for all clients: programs that make many short ones would pay for each.
const gate = createPeerGate();
const observer: Observer = Object.freeze({});
let life: ReadonlyMap<string, RegisteredMethod> | undefined;

/** What the server may call of a client that offers nothing itself. */
function lifeMethodsAlone(): ReadonlyMap<string, RegisteredMethod> {
  return life ??= new Map(lifeMethods(new Health()).map((method) => [method.name, method]));
}

/** A connection that is signed in. */
export interface SignedIn {
  /** The connection; the caller of `open` ends it. */
  readonly connection: RpcConnection;
  /** Ends the session that the sign-in opened. */
  readonly signOut: SignOut | undefined;
}

/** Opens connections. */
export class Opener {
  readonly #options: LinkOptions;
  readonly #methods: ReadonlyMap<string, RegisteredMethod>;
  readonly #lifeSigns: LifeSignTimes;

  /**
   * @param options How to connect and to sign in, and what the server may call.
   * @throws {TypeError} For methods that cannot be offered.
   * @throws {RangeError} For times that cannot be used.
   */
  constructor(options: LinkOptions) {
    this.#options = options;
    this.#methods = options.methods === undefined
      ? lifeMethodsAlone()
      : new Map([...registerMethods(options.methods), ...lifeMethodsAlone()]);
    this.#lifeSigns = lifeSignTimes(options);
  }

  /**
   * Dials and signs in.
   *
   * @param signal Ends the attempt: nobody waits for it any more, and nothing is kept.
   * @param mustAnswer Whether the server has to say something first. Asked once the connection is open.
   * @returns The connection.
   * @throws What dialling and signing in throw, and the signal's reason.
   */
  async open(signal: AbortSignal, mustAnswer: () => boolean): Promise<SignedIn> {
    const { dial, signIn } = this.#options;
    const dialled = await dial(signal);
    if (signal.aborted) {
      dialled.abort();
      throw signal.reason;
    }
    const connection = this.#begin(dialled);
    connection.run();
    if (signIn === undefined && !mustAnswer()) return { connection, signOut: undefined };
    signal.addEventListener("abort", () => connection.abort(signal.reason.message), { once: true });
    try {
      const signOut = await signIn?.({
        peer: connection.peer,
        closed: connection.closed,
        call: (method, params) => connection.caller.call(method, params),
      });
      if (mustAnswer()) await connection.caller.ping();
      return { connection, signOut: signOut ?? undefined };
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  #begin(dialled: Connection): RpcConnection {
    const { clock = systemClock } = this.#options;
    const connection = new RpcConnection(dialled, {
      methods: this.#methods,
      gate,
      observer,
      clock,
      callTimeoutMs: limits.callTimeoutMs,
      maxCallTimeoutMs: limits.maxCallTimeoutMs,
      maxCallsInFlight: limits.maxCallsInFlight,
      lifeSigns: this.#lifeSigns,
    });
    connection.principal = SERVER;
    if (this.#options.hello ?? true) connection.sayHello();
    return connection;
  }
}
