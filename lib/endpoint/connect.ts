/**
 * The front door of the calling side: an address becomes a typed client.
 *
 * @module
 */

import type { Credentials } from "../auth/sign_in/sign_in_client.ts";
import { Client, type ClientOptions, type OpenSession } from "../rpc/client/client.ts";
import type { Methods } from "../rpc/method/method.ts";
import type { Connection } from "../transport/connection.ts";
import type { MemoryListener } from "../transport/memory.ts";
import { awaitAnswer, clientCertificateOf, createDial, type TrustOptions } from "./dial.ts";

/** What {@linkcode connect} takes. Of the four credentials at most one is given. */
export interface ConnectOptions extends TrustOptions, Omit<ClientOptions, "dial" | "signIn"> {
  /** Sign in by name and password; by SCRAM, so that the password stays here, unless `plain`. */
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
  /** This program, as the server's list of sessions will show it. @default {"dari/VERSION"} */
  readonly agent?: string | undefined;
}

/**
 * Connects to a server.
 *
 * @param address `tls://host:port`, `unix:/path`, `tcp://host:port`, a listener in this process, or
 * a connection that is open already, for instance a pipe's; that one cannot be made again.
 * @param options Whom to trust, deadlines, methods that the server may call back.
 * @returns A client that knows the methods' types, and connects again when its connection breaks.
 * With a credential it signs in, and again before its session ends and after each reconnect.
 *
 * @throws {DariError} `usage` for what is no address, `unauthenticated` for a credential that the
 * server does not accept.
 * @throws {TransportError} `unavailable` when nothing answers or the certificate does not hold.
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
  address: string | MemoryListener | Connection,
  options: ConnectOptions = {},
): Promise<Client<M>> {
  const { ca: _ca, insecure: _insecure, cert: _cert, warn: _warn, ...rest } = options;
  const credentials = credentialsOf(options);
  const hasCertificate = clientCertificateOf(options) !== undefined;
  const dialAddress = createDial(options);
  const client = new Client<M>({
    ...rest,
    signIn: async (session) => {
      if (hasCertificate) await awaitAnswer(session);
      if (credentials !== undefined) await keepSignedIn(session, credentials, options.agent);
    },
    dial: (signal) => {
      if (typeof address === "string") return dialAddress(address, signal);
      return "connect" in address ? address.connect() : Promise.resolve(address);
    },
  });
  await client.connect();
  return client;
}

/** The parts of a session's life without use after which it is signed in anew, and tried again. */
const RENEW_AFTER = 0.75;
const RETRY_AFTER = 0.05;

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

async function keepSignedIn(
  session: OpenSession,
  credentials: Credentials,
  agent: string | undefined,
): Promise<void> {
  const { signIn } = await import("../auth/sign_in/sign_in_client.ts");
  const enter = () =>
    signIn(
      (method, params) => session.call(method, params),
      credentials,
      { agent, channelBindings: session.peer.channelBindings },
    );
  const { idleMs } = await enter();
  // A token of the caller's own cannot be renewed by showing it again, and makes no session.
  if (idleMs === undefined) return;
  let isOpen = true;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const renewAfter = (share: number) => {
    if (!isOpen) return;
    timer = setTimeout(
      // Somebody's guesses may have locked the account: the session is as good as it was.
      () => enter().then(() => renewAfter(RENEW_AFTER), () => renewAfter(RETRY_AFTER)),
      Math.min(idleMs * share, 2 ** 31 - 1),
    );
  };
  renewAfter(RENEW_AFTER);
  session.closed.then(() => {
    isOpen = false;
    clearTimeout(timer);
  });
}
