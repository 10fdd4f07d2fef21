/**
 * The front door of the calling side: an address becomes a typed client.
 *
 * @module
 */

import type { Credentials } from "../auth/sign_in/sign_in_client.ts";
import { delay } from "../base/abort.ts";
import { TransportError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { Client, type ClientOptions } from "../rpc/client/client.ts";
import type { OpenConnection } from "../rpc/client/link_options.ts";
import type { Methods } from "../rpc/method/method.ts";
import type { Connection } from "../transport/connection.ts";
import { awaitAnswer, clientCertificateOf, createDial, type TrustOptions } from "./dial.ts";

/** What {@linkcode connect} takes; at most one of `login`, `token`, `apiKey` and `key` to sign in by. */
export interface ConnectOptions extends TrustOptions, Omit<ClientOptions, "dial" | "signIn"> {
  /** Sign in by name and password. Unless `plain`, SCRAM proves the password without sending it. */
  readonly login?: { username: string; password: string; plain?: boolean } | undefined;
  /** Sign in by the token of a session. */
  readonly token?: string | undefined;
  /** Sign in by an API key. */
  readonly apiKey?: string | undefined;
  /**
   * With `cert`, the certificate's key, PEM. Else sign in by a private key (PKCS #8 PEM) whose public
   * half the account has registered.
   */
  readonly key?: string | { username: string; privateKey: string; keyId?: string } | undefined;
  /** The name of this program in the server's list of sessions. @default {"dari/VERSION"} */
  readonly agent?: string | undefined;
}

/** Opens connections in a way of its own, for instance to a listener in this process. */
export interface Dialer {
  /**
   * Opens a connection.
   *
   * @param signal Ends the attempt.
   */
  connect(signal: AbortSignal): Promise<Connection>;
}

/**
 * Connects to a server.
 *
 * @param address `tls://host:port`, `unix:/path`, `tcp://host:port`, a listener in this process, or
 * an open connection, for instance a pipe's; that one is used once and not made again.
 * @param options Trust, credential, deadlines, methods that the server may call back.
 * @returns A client that knows the methods' types, and connects again when its connection breaks.
 * With a credential it signs in, and again before its session ends and after each reconnect.
 *
 * @throws {TypeError} For several credentials, or a certificate without its key.
 * @throws {DariError} `usage` for a malformed address, `unauthenticated` for a credential that the
 * server does not accept.
 * @throws {TransportError} `unavailable` when nothing answers, or when the server's certificate is not
 * valid.
 *
 * @example
 * ```ts
 * import { connect, listenMemory, serve } from "@dari/dari";
 * import { assertEquals } from "@std/assert";
 *
 * async function* count({ to }: { to: number }) {
 *   for (let n = 1; n <= to; n++) yield n;
 * }
 * const memory = listenMemory();
 * await using server = await serve({ listen: memory, methods: { count } });
 * await using client = await connect<{ count: typeof count }>(memory);
 * assertEquals(await Array.fromAsync(client.stream("count", { to: 3 })), [1, 2, 3]);
 * ```
 */
export async function connect<M extends Methods = Methods>(
  address: string | Dialer | Connection,
  options: ConnectOptions = {},
): Promise<Client<M>> {
  const { ca: _ca, insecure: _insecure, cert: _cert, warn: _warn, ...rest } = options;
  const credentials = credentialsOf(options);
  const hasCertificate = clientCertificateOf(options) !== undefined;
  const client = new Client<M>({
    ...rest,
    signIn: async (connection) => {
      if (hasCertificate) await awaitAnswer(connection);
      if (credentials !== undefined) await keepSignedIn(connection, credentials, options.agent);
    },
    dial: dialOf(address, options),
  });
  await client.connect();
  return client;
}

/** How to come by a connection, each time that one is needed. */
function dialOf(
  address: string | Dialer | Connection,
  options: ConnectOptions,
): ClientOptions["dial"] {
  if (typeof address === "string") {
    const dial = createDial(options);
    return (signal) => dial(address, signal);
  }
  if ("connect" in address) return (signal) => address.connect(signal);
  let isUsed = false;
  return () => {
    if (isUsed) return Promise.reject(usedUp());
    isUsed = true;
    return Promise.resolve(address);
  };
}

function usedUp(): TransportError {
  const message = "The connection takes no more calls, and this client cannot make another";
  return new TransportError("unavailable", message, { retryable: false });
}

function credentialsOf(options: ConnectOptions): Credentials | undefined {
  const { login, token, apiKey, key } = options;
  const signsIn = typeof key === "string" ? undefined : key;
  const given = [login, token, apiKey, signsIn].filter((credential) => credential !== undefined);
  if (given.length > 1) {
    throw new TypeError("Give one of login, token, apiKey and key, not several");
  }
  if (login !== undefined) return { login };
  if (token !== undefined) return { token };
  if (apiKey !== undefined) return { apiKey };
  return signsIn && { key: signsIn };
}

/** Signs a connection in, and again before the session ends for want of use. */
async function keepSignedIn(
  connection: OpenConnection,
  credentials: Credentials,
  agent: string | undefined,
): Promise<void> {
  const { signIn } = await import("../auth/sign_in/sign_in_client.ts");
  const signInOnce = () =>
    signIn(
      (method, params) => connection.call(method, params),
      credentials,
      { agent, channelBindings: connection.peer.channelBindings },
    );
  const { idleMs } = await signInOnce();
  // A token of the caller's own makes no session, so there is none to renew.
  if (idleMs !== undefined) renewUntilClosed(connection, signInOnce, idleMs);
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
