/**
 * The sign-in requests, as the server serves them.
 *
 * @module
 */

import { decodeBase64Url } from "@std/encoding/base64url";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { PutOperation } from "../../store/store.ts";
import type { AccountRecord } from "../account/account.ts";
import type { Accounts } from "../account/accounts.ts";
import type { Bytes, RandomBytes } from "../proof/bytes.ts";
import { checkAnswer, createChallenge, type OpenChallenge } from "../proof/challenge.ts";
import { AuthenticationError, InactiveAccountError } from "../proof/errors.ts";
import type { Exchanges } from "./exchanges.ts";
import type { SignInContext, SignInMethod, SignInReply } from "./gate.ts";
import { foldNameOrNull } from "../account/names.ts";
import type { PasswordSignIn } from "../account/password_sign_in.ts";
import type { Principal } from "../policy/principal.ts";
import type { PublicKeyRecord } from "../proof/public_key.ts";
import { createScramServer, parseClientFirst, type ScramServer } from "../proof/scram_server.ts";
import type { Sessions } from "../credential/sessions.ts";

/** What is remembered between two messages. */
export type Exchange =
  | {
    readonly kind: "scram";
    readonly server: ScramServer;
    readonly name: string;
    readonly account: AccountRecord | null;
  }
  | {
    readonly kind: "challenge";
    readonly open: OpenChallenge;
    readonly account: AccountRecord | null;
  };

/** What the requests need. */
export interface SignInParts {
  /** The accounts. */
  readonly accounts: Accounts;
  /** Checks passwords and proofs. */
  readonly passwords: PasswordSignIn;
  /** The sessions. */
  readonly sessions: Sessions;
  /** Unfinished exchanges. */
  readonly exchanges: Exchanges<Exchange>;
  /** Where random bytes come from. */
  readonly random: RandomBytes;
  /** The server's id. */
  readonly serverId: string;
  /** Gives the public key that stands for a missing one, always the same for the same question. */
  readonly standInKey: (question: string) => Promise<PublicKeyRecord>;
  /** Settles who is calling from a token. */
  readonly authenticate: (token: string, context: SignInContext) => Promise<Principal>;
}

/** Serves the sign-in requests. */
export class SignIn {
  readonly #parts: SignInParts;

  /**
   * Puts it together.
   *
   * @param parts What the requests need.
   */
  constructor(parts: SignInParts) {
    this.#parts = parts;
  }

  /**
   * Serves one request.
   *
   * @param method Its name.
   * @param params Its parameters, as they came.
   * @param context Where it came from.
   * @returns The reply.
   * @throws {AuthenticationError} Or its subclasses; what crosses the wire is settled by the gate.
   */
  serve(method: SignInMethod, params: unknown, context: SignInContext): Promise<SignInReply> {
    switch (method) {
      case "rpc.login":
        return this.#login(params, context);
      case "rpc.scram":
        return this.#scram(params, context);
      case "rpc.challenge":
        return this.#challenge(params, context);
      case "rpc.authenticate":
        return this.#authenticate(params, context);
      case "rpc.logout":
        return this.#logout(context);
      default:
        return method satisfies never;
    }
  }

  async #login(params: unknown, context: SignInContext): Promise<SignInReply> {
    const { username, password } = textsOf(params, ["username", "password"]);
    return await this.#parts.passwords.withPassword(
      username,
      password,
      context.peer.address,
      (account, uncount) => this.#signedIn(account, params, context, { also: [uncount] }),
    );
  }

  async #scram(params: unknown, context: SignInContext): Promise<SignInReply> {
    const { data } = textsOf(params, ["data"]);
    const { passwords, exchanges } = this.#parts;
    const exchange = exchanges.take(context.connectionId);
    if (exchange?.kind !== "scram" || !data.startsWith("c=")) {
      const first = parseClientFirst(data);
      const { verifier, account } = await passwords.scramVerifier(first.name);
      const { channelBindings = [] } = context.peer;
      const server = createScramServer(first, { verifier, channelBindings });
      exchanges.put(context.connectionId, { kind: "scram", server, name: first.name, account });
      return { result: { data: server.first } };
    }
    const { server, name } = exchange;
    let proof = "";
    return await passwords.withScram(
      name,
      context.peer.address,
      exchange.account,
      () => proof = server.finish(data),
      (account, uncount) =>
        this.#signedIn(account, params, context, { also: [uncount], result: { data: proof } }),
    );
  }

  async #challenge(params: unknown, context: SignInContext): Promise<SignInReply> {
    const { username } = textsOf(params, ["username"]);
    const keyId = optionalTextOf(params, "keyId");
    const { accounts, exchanges, random, serverId, standInKey } = this.#parts;
    const name = foldNameOrNull(username);
    const account = name === null ? null : await accounts.find(name);
    const key = account?.publicKeys.find(({ id }) => keyId === undefined || id === keyId);
    // By the id too: one stand-in a name would differ from the key that is there without an id.
    const asked = key ?? await standInKey(`${name ?? username} ${keyId ?? ""}`);
    const open = await createChallenge(serverId, username, asked, random);
    exchanges.put(context.connectionId, {
      kind: "challenge",
      open,
      account: key === undefined ? null : account,
    });
    return {
      result: {
        challenge: open.challenge,
        server: serverId,
        algorithm: open.key.algorithm,
        bindings: (context.peer.channelBindings ?? []).map(({ type }) => type),
      },
    };
  }

  async #authenticate(params: unknown, context: SignInContext): Promise<SignInReply> {
    const token = optionalTextOf(params, "token");
    if (token !== undefined) {
      const principal = await this.#parts.authenticate(token, context);
      const { roles, expiresAtMs } = principal;
      const ends = expiresAtMs === undefined ? {} : { expiresAt: timeOf(expiresAtMs) };
      return { result: { roles, ...ends }, principal };
    }
    const { answer } = textsOf(params, ["answer"]);
    const exchange = this.#parts.exchanges.take(context.connectionId);
    if (exchange?.kind !== "challenge") {
      throw new AuthenticationError("There is no challenge to answer, or it is too old");
    }
    const right = await checkAnswer(
      exchange.open,
      bytesOf(answer),
      context.peer.channelBindings ?? [],
      optionalTextOf(params, "binding"),
    );
    // Read again: the key may have been removed, or the account disabled, since the challenge.
    const before = exchange.account;
    const account = before === null ? null : await this.#parts.accounts.find(before.name);
    const holds = account?.id === before?.id &&
      account?.publicKeys.some(({ id }) => id === exchange.open.key.id);
    if (!right || account === null || holds !== true) {
      throw new AuthenticationError("The challenge was not answered by a key of the account");
    }
    if (!account.active) throw new InactiveAccountError("The account is disabled");
    return await this.#signedIn(account, params, context);
  }

  async #logout(context: SignInContext): Promise<SignInReply> {
    const { principal } = context;
    if (principal?.kind === "session") {
      await this.#parts.sessions.revoke(principal.credentialId.replace("session:", ""));
    }
    return { result: null, principal: null };
  }

  /** Always a new session: what the client brought along is never taken up. */
  async #signedIn(
    account: AccountRecord,
    params: unknown,
    context: SignInContext,
    extra: { also?: readonly PutOperation[]; result?: Record<string, unknown> } = {},
  ): Promise<SignInReply> {
    const { sessions, authenticate } = this.#parts;
    const agent = optionalTextOf(params, "agent") ?? "";
    const { address } = context.peer;
    const { token, session } = await sessions.create(account, { address, agent }, extra.also);
    const principal = await authenticate(token, context);
    const result = {
      ...extra.result,
      token,
      expiresAt: timeOf(session.endsAtMs),
      // A duration, since the client's clock may be another one.
      idleMs: session.idleUntilMs - session.createdAtMs,
      roles: principal.roles,
    };
    return { result, principal };
  }
}

function textsOf<N extends string>(params: unknown, names: readonly N[]): Record<N, string> {
  const texts = {} as Record<N, string>;
  for (const name of names) {
    const text = optionalTextOf(params, name);
    if (text === undefined) {
      throw new DariError("invalid_params", `"${name}" is missing; the parameters are an object`);
    }
    texts[name] = text;
  }
  return texts;
}

function optionalTextOf(params: unknown, name: string): string | undefined {
  if (typeof params !== "object" || params === null || !Object.hasOwn(params, name)) {
    return undefined;
  }
  const value: unknown = (params as Record<string, unknown>)[name];
  if (typeof value === "string" && value.length <= limits.maxSignInTextLength) return value;
  throw new DariError(
    "invalid_params",
    `"${name}" must be a text of at most ${limits.maxSignInTextLength} characters`,
  );
}

function bytesOf(text: string): Bytes {
  try {
    return decodeBase64Url(text);
  } catch (cause) {
    throw new AuthenticationError("The answer is not base64url", { cause });
  }
}

function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
