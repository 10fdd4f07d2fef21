/**
 * From a way to dial to a client that is signed in. What it is made of runs in Deno, Node, Bun and
 * browsers alike: the sockets come from the caller.
 *
 * @module
 */

import type { AskCode, Credentials } from "../auth/sign_in/sign_in_client.ts";
import { abortable } from "../base/abort.ts";
import { limits } from "../base/limits.ts";
import { RpcError, TransportError } from "../base/errors.ts";
import { reasonOf } from "../base/file/reason.ts";
import type { ClientOptions } from "../rpc/client/client_options.ts";
import type { BalanceOptions } from "../rpc/balance/balance_options.ts";
import { Balancer } from "../rpc/balance/balancer.ts";
import type { OpenConnection } from "../rpc/link/link_options.ts";
import { OnlyLink } from "../rpc/link/picker.ts";
import type { Methods } from "../rpc/method/method.ts";
import { ConnectedClient } from "./messages/connected_client.ts";
import { KeptSession } from "./sign_in/kept_session.ts";
import type { DialAddress } from "./servers/dial_address.ts";
import type { NameService } from "./servers/name_service.ts";
import { type ConnectTarget, type LoadNats, type Servers, serversOf } from "./servers/servers.ts";
import { clientCertificateOf, type SharedMemoryOptions, type TrustOptions } from "./trust.ts";

/** What `connect` takes; at most one of `login`, `token`, `apiKey` and `keyLogin` to sign in by. */
export interface ConnectOptions
  extends
    TrustOptions,
    SharedMemoryOptions,
    BalanceOptions,
    Omit<ClientOptions, "dial" | "signIn"> {
  /**
   * Whether the client is returned at once, and connects with its first call; then `waitForReady` is
   * `true` where it is not given.
   *
   * @default {false}
   */
  readonly lazy?: boolean | undefined;
  /**
   * Sign in by name and password. Unless `plain`, SCRAM proves the password without sending it. Where
   * the account has a second factor, `code` asks the user for its code; the client's connections then
   * share one session, so that it is asked for once.
   */
  readonly login?:
    | { username: string; password: string; plain?: boolean; code?: AskCode }
    | undefined;
  /** Sign in by the token of a session. */
  readonly token?: string | undefined;
  /** Sign in by an API key. */
  readonly apiKey?: string | undefined;
  /** Sign in by a private key (PKCS #8 PEM) whose public half the account has registered. */
  readonly keyLogin?: { username: string; privateKey: string; keyId?: string } | undefined;
  /**
   * Ends connecting and signing in: `connect` rejects with the signal's reason. It is not looked at
   * once the client is returned.
   */
  readonly signal?: AbortSignal | undefined;
  /** The name of this program in the server's list of sessions. @default {"dari/VERSION"} */
  readonly agent?: string | undefined;
}

/** What a runtime connects with. */
export interface ClientRuntime {
  /** Gives what connects to addresses, by its sockets. */
  readonly createDial: (options: ConnectOptions) => DialAddress;
  /** Gives what loads connecting through NATS; absent where the runtime cannot. */
  readonly natsDialOf?: ((options: ConnectOptions) => LoadNats | undefined) | undefined;
  /** Looks names up; absent where the runtime cannot. */
  readonly names?: NameService | undefined;
}

/**
 * Makes a client, connects it and signs it in.
 *
 * @param runtime What the runtime has to connect with.
 * @param target Which servers there are.
 * @param options Trust, credential, deadlines, methods that the server may call back.
 * @returns The client.
 * @throws The signal's reason, and what `connect` of the runtime throws.
 */
export async function connectBy<M extends Methods = Methods>(
  runtime: ClientRuntime,
  target: ConnectTarget,
  options: ConnectOptions,
): Promise<ConnectedClient<M>> {
  const {
    ca: _ca,
    fingerprint: _fingerprint,
    insecure: _insecure,
    cert: _cert,
    key: _key,
    warn: _warn,
    lazy = false,
    signal,
    ...rest
  } = options;
  signal?.throwIfAborted();
  const credentials = credentialsOf(options);
  const hasCertificate = clientCertificateOf(options) !== undefined;
  const signInBy = (own: Credentials | undefined) => {
    if (own === undefined && !hasCertificate) return undefined;
    const session = own && new KeptSession(own, options.agent);
    return async (connection: OpenConnection) => {
      if (hasCertificate) await awaitAnswer(connection);
      return await session?.signIn(connection);
    };
  };
  const network = {
    createDial: () => runtime.createDial(options),
    loadNats: runtime.natsDialOf?.(options),
    names: runtime.names,
  };
  const client = clientOf<M>(serversOf(target, network, options, signInBy), {
    ...rest,
    connectTimeoutMs: options.connectTimeoutMs ?? timeForCode(credentials),
    waitForReady: options.waitForReady ?? (lazy ? true : undefined),
    signIn: signInBy(credentials),
  });
  if (lazy) return client;
  try {
    await abortable(client.connect(), signal);
    return client;
  } catch (error) {
    await client.close(); // several servers are tried again and again until then
    throw error;
  }
}

/** A user who is asked for a code needs longer than a handshake. */
function timeForCode(credentials: Credentials | undefined): number | undefined {
  const asks = credentials !== undefined && "login" in credentials &&
    credentials.login.code !== undefined;
  return asks ? limits.connectWithCodeTimeoutMs : undefined;
}

function clientOf<M extends Methods>(
  servers: Servers,
  options: Omit<ClientOptions, "dial"> & BalanceOptions,
): ConnectedClient<M> {
  if (servers.kind === "one") {
    const { dial, address, signIn = options.signIn } = servers.target;
    return new ConnectedClient<M>(options, new OnlyLink({ ...options, dial, signIn }, address));
  }
  return new ConnectedClient<M>(options, new Balancer(servers.source, options));
}

function credentialsOf(options: ConnectOptions): Credentials | undefined {
  const { login, token, apiKey, keyLogin } = options;
  const given = [login, token, apiKey, keyLogin].filter((credential) => credential !== undefined);
  if (given.length > 1) {
    throw new TypeError("Give one of login, token, apiKey and keyLogin, not several");
  }
  if (login !== undefined) return { login };
  if (token !== undefined) return { token };
  if (apiKey !== undefined) return { apiKey };
  return keyLogin && { keyLogin };
}

/**
 * Waits until the server has answered. In TLS 1.3 a client is done before the server has checked its
 * certificate: only an answer says that the server has accepted it.
 *
 * @param connection The new connection.
 * @throws {TransportError} `unavailable` when the server ended it instead.
 */
export async function awaitAnswer(connection: OpenConnection): Promise<void> {
  try {
    await connection.call("rpc.ping", undefined);
  } catch (cause) {
    if (cause instanceof RpcError) return; // an error is an answer too
    const reason = reasonOf(cause);
    const message = `The server refused the client's certificate: ${reason}`;
    throw new TransportError("unavailable", message, { cause });
  }
}
