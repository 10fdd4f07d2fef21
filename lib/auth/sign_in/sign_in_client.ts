/**
 * Signing in, the client's side: one function for every kind of credential.
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

/** What a client can sign in with. */
export type Credentials =
  | {
    /** By password. */
    readonly login: {
      /** The account's name. */
      readonly username: string;
      /** Its password; with SCRAM, the default, it stays here. */
      readonly password: string;
      /** Sends the password instead, for servers that know no SCRAM. @default {false} */
      readonly plain?: boolean;
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
    /** By a private key whose public half is registered. */
    readonly key: {
      /** The account's name. */
      readonly username: string;
      /** The private key as PKCS #8 PEM. */
      readonly privateKey: string;
      /** Which registered key, where the account has several. */
      readonly keyId?: string;
    };
  };

/** What a sign-in gave. */
export interface SignedIn {
  /** The session's token; absent where the client brought its own. */
  readonly token?: string;
  /** When the credential ends, in milliseconds since the epoch. */
  readonly expiresAtMs?: number;
  /** How long the session that was made lives without use, in milliseconds. */
  readonly idleMs?: number;
  /** The account's roles. */
  readonly roles: readonly string[];
}

/** What both ends of the connection know, and what the server is told of this one. */
export interface SignInOptions {
  /** The connection's bindings, where this end can tell them; the first is used. */
  readonly channelBindings?: readonly ChannelBinding[] | undefined;
  /** The program that signs in, as the list of sessions will show it. @default {"dari/VERSION"} */
  readonly agent?: string | undefined;
}

/** Makes one call on the connection that is to be signed in. */
export type SignInCall = (method: string, params: Record<string, unknown>) => Promise<unknown>;

/**
 * Signs a connection in.
 *
 * @param call Makes a call on it.
 * @param credentials What to sign in with.
 * @param options The connection's bindings, and a name for this program.
 * @returns Token, end and roles.
 * @throws {AuthenticationError} When the server did not prove itself, or answered nonsense.
 * @throws {DariError} What `call` threw, for instance `unauthenticated`.
 */
export async function signIn(
  call: SignInCall,
  credentials: Credentials,
  options: SignInOptions = {},
): Promise<SignedIn> {
  const { agent = `dari/${VERSION}`, channelBindings: [binding] = [] } = options;
  if ("token" in credentials) {
    return signedInOf(await call("rpc.authenticate", { token: credentials.token }));
  }
  if ("apiKey" in credentials) {
    return signedInOf(await call("rpc.authenticate", { token: credentials.apiKey }));
  }
  if ("key" in credentials) return await byKey(call, credentials.key, binding, agent);
  const { username, password, plain = false } = credentials.login;
  if (plain) return signedInOf(await call("rpc.login", { username, password, agent }));
  const { exchange, reply } = await beginScram(call, { username, password }, binding);
  const data = await exchange.answer(textOf(reply, "data"));
  const last = await call("rpc.scram", { data, agent });
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
  // Behind a proxy that ends TLS the server has no binding. That this is so is part of the proof.
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
    `The server asks for the unknown algorithm ${JSON.stringify(text)}`,
  );
}

function textOf(reply: unknown, name: string): string {
  const value = memberOf(reply, name);
  if (typeof value === "string") return value;
  throw new AuthenticationError(`The server's answer has no text "${name}"`);
}

function textsOf(reply: unknown, name: string): readonly string[] {
  const value = memberOf(reply, name);
  if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value;
  throw new AuthenticationError(`The server's answer has no list of texts "${name}"`);
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
