/**
 * How the connections of one client are signed in, and stay so.
 *
 * @module
 */

import type { Credentials, SignedIn } from "../../auth/sign_in/sign_in_client.ts";
import { delay } from "../../base/abort.ts";
import { RpcError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { OpenConnection, SignOut } from "../../rpc/link/link_options.ts";

/**
 * Signs connections in. Each has a session of its own; where the user is asked for a code, all share
 * one, since nobody wants to be asked for each connection, and a code works once.
 */
export class KeptSession {
  readonly #credentials: Credentials;
  readonly #agent: string | undefined;
  readonly #isShared: boolean;
  /** Of the shared session. */
  #token: string | undefined;
  /** How long that one lives without use, in milliseconds. */
  #idleMs = 0;
  /** Connections that are signed in by the shared session; each leaves when it ends. */
  readonly #members = new Set<OpenConnection>();
  /** The last sign-in to the shared session; the next one waits for it, to use its token. */
  #turn: Promise<unknown> = Promise.resolve();

  /**
   * @param credentials What the connections are signed in by.
   * @param agent The name of this program in the server's list of sessions.
   */
  constructor(credentials: Credentials, agent: string | undefined) {
    this.#credentials = credentials;
    this.#agent = agent;
    this.#isShared = "login" in credentials && credentials.login.code !== undefined;
  }

  /**
   * Signs a connection in, and again before its session ends for want of use.
   *
   * @param connection The connection.
   * @returns What ends the session, where the connection is the last that has it; `undefined` where the
   * session is the caller's own.
   * @throws {DariError} As `signIn` of `lib/auth`.
   */
  async signIn(connection: OpenConnection): Promise<SignOut | undefined> {
    const again = this.#isShared
      ? () => this.#inTurn(() => this.#joinShared(connection))
      : () => this.#signInAnew(connection);
    const { idleMs, token } = await again();
    // A token of the caller's own makes no session, so there is none to renew.
    if (idleMs !== undefined) renewUntilClosed(connection, again, idleMs);
    // A session of the caller's own may have other uses.
    if (token === undefined) return undefined;
    if (!this.#isShared) return () => connection.call("rpc.logout", undefined);
    this.#members.add(connection);
    connection.closed.then(() => this.#members.delete(connection));
    return async () => {
      this.#members.delete(connection);
      if (this.#members.size > 0) return;
      this.#token = undefined;
      await connection.call("rpc.logout", undefined);
    };
  }

  /** By the token of the shared session, and where that has ended by the credentials. */
  async #joinShared(connection: OpenConnection): Promise<SignedIn> {
    const token = this.#token;
    if (token !== undefined) {
      try {
        await connection.call("rpc.authenticate", { token });
        return { token, idleMs: this.#idleMs, roles: [] };
      } catch (error) {
        if (!(error instanceof RpcError) || error.code !== "unauthenticated") throw error;
      }
    }
    const signedIn = await this.#signInAnew(connection);
    this.#token = signedIn.token;
    this.#idleMs = signedIn.idleMs ?? 0;
    return signedIn;
  }

  async #signInAnew(connection: OpenConnection): Promise<SignedIn> {
    const { signIn } = await import("../../auth/sign_in/sign_in_client.ts");
    return await signIn(
      (method, params) => connection.call(method, params),
      this.#credentials,
      { agent: this.#agent, channelBindings: connection.peer.channelBindings },
    );
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {}); // its own caller hears of it
    return done;
  }
}

/** Never rejects. Ends with the connection. */
async function renewUntilClosed(
  connection: OpenConnection,
  signInOnce: () => Promise<unknown>,
  idleMs: number,
): Promise<void> {
  const ended = new AbortController();
  connection.closed.then(() => ended.abort());
  let share: number = limits.signInRenewAfterShare;
  while (await delay(idleMs * share, { signal: ended.signal }).then(() => true, () => false)) {
    // A sign-in may fail because wrong passwords locked the account. The session is still good.
    share = await signInOnce().then(
      () => limits.signInRenewAfterShare,
      () => limits.signInRetryAfterShare,
    );
  }
}
