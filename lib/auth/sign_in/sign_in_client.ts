/**
 * Sign-in, the client's side: one function for every kind of credential.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { VERSION } from "../../base/version.ts";
import type { ChannelBinding } from "../../transport/connection.ts";
import { answerChallenge } from "../proof/answer.ts";
import { AuthenticationError } from "../proof/errors.ts";
import { ALGORITHMS, type PublicKeyAlgorithm } from "../proof/public_key.ts";
import { createScramClient, type ScramClient } from "../proof/scram_client.ts";
import { SecondFactorRequiredError, signInErrorOf } from "../proof/second_factor.ts";

/**
 * Asks the user for the code of a second factor.
 *
 * @param kinds What the account has: `totp`, a code that an authenticator app shows, and `recovery`,
 * while recovery codes are left.
 * @returns The code. A rejection ends the sign-in.
 */
export type AskCode = (kinds: readonly string[]) => string | Promise<string>;

/** The credentials with which a client can sign in. */
export type Credentials =
  | {
    /** By password. */
    readonly login: {
      /** The account's name. */
      readonly username: string;
      /** Its password. By SCRAM, the default, it never leaves the client. */
      readonly password: string;
      /** Sends the password, for servers without SCRAM. @default {false} */
      readonly plain?: boolean;
      /** Asks for the code where the account has a second factor; without it the sign-in fails. */
      readonly code?: AskCode;
    };
  }
  | {
    /** By the token of a session. */
    readonly token: string;
  }
  | {
    /** By an API key. */
    readonly apiKey: string;
  }
  | {
    /** By a private key whose public key is registered. */
    readonly keyLogin: {
      /** The account's name. */
      readonly username: string;
      /** The private key as PKCS #8 PEM. */
      readonly privateKey: string;
      /** The id of the registered key, where the account has several. */
      readonly keyId?: string;
    };
  };

/** The result of a sign-in. */
export interface SignedIn {
  /** The token of the new session; absent where the client signed in with a token. */
  readonly token?: string;
  /** When the credential ends, in milliseconds since the epoch. */
  readonly expiresAtMs?: number;
  /** How long the new session lives without use, in milliseconds. */
  readonly idleMs?: number;
  /** The account's roles. */
  readonly roles: readonly string[];
}

/** The channel bindings of the connection, and the name of this program. */
export interface SignInOptions {
  /** The connection's channel bindings, where this end can see them; the first is used. */
  readonly channelBindings?: readonly ChannelBinding[] | undefined;
  /** The name of this program in the list of sessions. @default {"dari/VERSION"} */
  readonly agent?: string | undefined;
}

/** Makes one call on the connection that signs in. */
export type SignInCall = (method: string, params: Record<string, unknown>) => Promise<unknown>;

/**
 * Signs a connection in.
 *
 * @param call Makes a call on the connection.
 * @param credentials The credentials.
 * @param options The connection's channel bindings, and the name of this program.
 * @returns Token, end and roles.
 * @throws {AuthenticationError} When the server did not prove itself, or its answer is malformed.
 * @throws {SecondFactorRequiredError} When the account has a second factor and `code` is not given.
 * @throws {DariError} The errors of `call`, for instance `unauthenticated`.
 * @example
 * ```ts
 * import { openIdentity, signIn } from "@dari/dari/auth";
 * import { createMemoryStore } from "@dari/dari/store";
 * import { assertEquals } from "@std/assert";
 *
 * await using store = createMemoryStore();
 * using identity = await openIdentity(store, { passwords: { iterations: 4_096 } });
 * await identity.accounts.add({ name: "alice", password: "correct horse battery" });
 *
 * // A client calls over its connection; here the server's gate is called directly.
 * const context = { peer: { transport: "tls", address: "192.0.2.1:50412" }, connectionId: "1" } as const;
 * const call = async (method: string, params: unknown) =>
 *   (await identity.gate.signIn(method as "rpc.login", params, context)).result;
 * const login = { username: "alice", password: "correct horse battery" };
 * assertEquals((await signIn(call, { login })).roles, ["user"]);
 * ```
 */
export async function signIn(
  call: SignInCall,
  credentials: Credentials,
  options: SignInOptions = {},
): Promise<SignedIn> {
  try {
    return await signInBy(call, credentials, options);
  } catch (error) {
    throw signInErrorOf(error);
  }
}

async function signInBy(
  call: SignInCall,
  credentials: Credentials,
  options: SignInOptions,
): Promise<SignedIn> {
  const { agent = `dari/${VERSION}`, channelBindings: [binding] = [] } = options;
  if ("token" in credentials) {
    return signedInOf(await call("rpc.authenticate", { token: credentials.token }));
  }
  if ("apiKey" in credentials) {
    return signedInOf(await call("rpc.authenticate", { token: credentials.apiKey }));
  }
  if ("keyLogin" in credentials) return await byKey(call, credentials.keyLogin, binding, agent);
  return await byPassword(call, credentials.login, binding, agent);
}

/** What a sign-in by password has in both forms. */
type Login = Extract<Credentials, { login: unknown }>["login"];

async function byPassword(
  call: SignInCall,
  login: Login,
  binding: ChannelBinding | undefined,
  agent: string,
): Promise<SignedIn> {
  const attempt = login.plain === true
    ? (code: object) => sendPassword(call, login, { agent, ...code })
    : (code: object) => byScram(call, login, binding, { agent, ...code });
  try {
    return await attempt({});
  } catch (error) {
    const asked = signInErrorOf(error);
    if (!(asked instanceof SecondFactorRequiredError) || login.code === undefined) throw asked;
    const code = await login.code(asked.kinds);
    return await attempt({ code }).catch((error) => {
      throw wrongCode(error);
    });
  }
}

/** The password was right a moment ago, so it is the code that was not. */
function wrongCode(error: unknown): unknown {
  if (!(error instanceof DariError) || error.code !== "unauthenticated") return error;
  const message = "The code was not accepted: it is wrong, too old or was used; try the next one";
  return new DariError("unauthenticated", message, { cause: error });
}

async function sendPassword(
  call: SignInCall,
  { username, password }: Login,
  more: object,
): Promise<SignedIn> {
  return signedInOf(await call("rpc.login", { username, password, ...more }));
}

async function byScram(
  call: SignInCall,
  { username, password, code }: Login,
  binding: ChannelBinding | undefined,
  more: object,
): Promise<SignedIn> {
  const { exchange, reply } = await beginScram(call, { username, password }, binding);
  const data = await exchange.answer(textOf(reply, "data"));
  let last: unknown;
  try {
    last = await call("rpc.scram", { data, ...more });
  } catch (error) {
    const asked = signInErrorOf(error);
    // Nobody is asked for a code before the server has proved that it knows the account.
    if (asked instanceof SecondFactorRequiredError && code !== undefined) {
      exchange.verify(asked.scram ?? "");
    }
    throw asked;
  }
  exchange.verify(textOf(last, "data"));
  return signedInOf(last);
}

async function beginScram(
  call: SignInCall,
  login: { username: string; password: string },
  channelBinding: ChannelBinding | undefined,
): Promise<{ exchange: ScramClient; reply: unknown }> {
  const exchange = createScramClient({ ...login, channelBinding });
  try {
    return { exchange, reply: await call("rpc.scram", { data: exchange.first }) };
  } catch (error) {
    const cannotBind = error instanceof DariError && error.code === "failed_precondition";
    if (channelBinding === undefined || !cannotBind) throw error;
  }
  // Behind a proxy that terminates TLS the server has no binding. The proof covers that it has none.
  const unbound = createScramClient({ ...login, couldBind: true });
  return { exchange: unbound, reply: await call("rpc.scram", { data: unbound.first }) };
}

async function byKey(
  call: SignInCall,
  key: { username: string; privateKey: string; keyId?: string },
  channelBinding: ChannelBinding | undefined,
  agent: string,
): Promise<SignedIn> {
  const { username, privateKey, keyId } = key;
  const reply = await call("rpc.challenge", {
    username,
    ...(keyId === undefined ? {} : { keyId }),
  });
  const bindings = textsOf(reply, "bindings");
  const binding = bindings.includes(channelBinding?.type ?? "") ? channelBinding : undefined;
  const answer = await answerChallenge(
    privateKey,
    algorithmOf(textOf(reply, "algorithm")),
    {
      server: textOf(reply, "server"),
      challenge: textOf(reply, "challenge"),
      username,
      bindings,
      binding,
    },
  );
  const bound = binding === undefined ? {} : { binding: binding.type };
  return signedInOf(await call("rpc.authenticate", { answer, agent, ...bound }));
}

function algorithmOf(text: string): PublicKeyAlgorithm {
  const algorithm = ALGORITHMS.find((each) => each === text);
  if (algorithm !== undefined) return algorithm;
  throw new AuthenticationError(
    `The server asks for a key of the unknown algorithm ${JSON.stringify(text)}`,
  );
}

function textOf(reply: unknown, name: string): string {
  const value = memberOf(reply, name);
  if (typeof value === "string") return value;
  throw new AuthenticationError(`The server's answer lacks the text "${name}"`);
}

function textsOf(reply: unknown, name: string): readonly string[] {
  const value = memberOf(reply, name);
  if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value;
  throw new AuthenticationError(`The server's answer lacks the list of texts "${name}"`);
}

function signedInOf(reply: unknown): SignedIn {
  const roles = textsOf(reply, "roles");
  const token = memberOf(reply, "token");
  const idleMs = memberOf(reply, "idleMs");
  const expiresAtMs = Date.parse(String(memberOf(reply, "expiresAt")));
  return {
    roles,
    ...(typeof token === "string" ? { token } : {}),
    ...(Number.isNaN(expiresAtMs) ? {} : { expiresAtMs }),
    ...(typeof idleMs === "number" && idleMs > 0 ? { idleMs } : {}),
  };
}

function memberOf(reply: unknown, name: string): unknown {
  if (typeof reply !== "object" || reply === null || !Object.hasOwn(reply, name)) return undefined;
  return (reply as Record<string, unknown>)[name];
}
