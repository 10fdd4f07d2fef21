/**
 * Signing in, the client's side: one function for every kind of credential.
 *
 * @module
 */

import { DariError } from "../base/errors.ts";
import { answerChallenge } from "./answer.ts";
import { AuthenticationError } from "./errors.ts";
import type { ChannelBinding } from "./gate.ts";
import type { PublicKeyAlgorithm } from "./public_key.ts";
import { createScramClient } from "./scram_client.ts";

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
  /** The account's roles. */
  readonly roles: readonly string[];
}

/** Makes one call on the connection that is to be signed in. */
export type SignInCall = (method: string, params: Record<string, unknown>) => Promise<unknown>;

/**
 * Signs a connection in.
 *
 * @param call Makes a call on it.
 * @param credentials What to sign in with.
 * @param options The connection's binding, where this end can tell it.
 * @returns Token, end and roles.
 * @throws {AuthenticationError} When the server did not prove itself, or answered nonsense.
 * @throws {DariError} What `call` threw, for instance `unauthenticated`.
 */
export async function signIn(
  call: SignInCall,
  credentials: Credentials,
  options: { channelBinding?: ChannelBinding } = {},
): Promise<SignedIn> {
  if ("token" in credentials) {
    return signedInOf(await call("rpc.authenticate", { token: credentials.token }));
  }
  if ("apiKey" in credentials) {
    return signedInOf(await call("rpc.authenticate", { token: credentials.apiKey }));
  }
  if ("key" in credentials) return await byKey(call, credentials.key, options.channelBinding);
  const { username, password, plain = false } = credentials.login;
  if (plain) return signedInOf(await call("rpc.login", { username, password }));
  const { channelBinding } = options;
  const exchange = createScramClient({
    username,
    password,
    ...(channelBinding === undefined ? {} : { channelBinding }),
  });
  const first = await call("rpc.scram", { data: exchange.first });
  const final = await exchange.answer(textOf(first, "data"));
  const last = await call("rpc.scram", { data: final });
  exchange.verify(textOf(last, "data"));
  return signedInOf(last);
}

async function byKey(
  call: SignInCall,
  key: { username: string; privateKey: string; keyId?: string },
  channelBinding: ChannelBinding | undefined,
): Promise<SignedIn> {
  const { username, privateKey, keyId } = key;
  const reply = await call("rpc.challenge", {
    username,
    ...(keyId === undefined ? {} : { keyId }),
  });
  const answer = await answerChallenge(
    privateKey,
    algorithmOf(textOf(reply, "algorithm")),
    {
      server: textOf(reply, "server"),
      challenge: textOf(reply, "challenge"),
      username,
      binding: channelBinding,
    },
  );
  const binding = channelBinding === undefined ? {} : { binding: channelBinding.type };
  return signedInOf(await call("rpc.authenticate", { answer, ...binding }));
}

const ALGORITHMS: readonly PublicKeyAlgorithm[] = ["Ed25519", "P-256", "RSA-PSS", "RSA-OAEP"];

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

function signedInOf(reply: unknown): SignedIn {
  const roles = memberOf(reply, "roles");
  const token = memberOf(reply, "token");
  const expiresAtMs = Date.parse(String(memberOf(reply, "expiresAt")));
  if (!Array.isArray(roles) || !roles.every((role) => typeof role === "string")) {
    throw new DariError("unauthenticated", "The server's answer names no roles");
  }
  return {
    roles,
    ...(typeof token === "string" ? { token } : {}),
    ...(Number.isNaN(expiresAtMs) ? {} : { expiresAtMs }),
  };
}

function memberOf(reply: unknown, name: string): unknown {
  if (typeof reply !== "object" || reply === null || !Object.hasOwn(reply, name)) return undefined;
  return (reply as Record<string, unknown>)[name];
}
