/**
 * The sign-in requests, as the server serves them. Each checks a credential; the right ones end in one
 * step, which makes the session and its principal.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import type { Authenticator } from "../access/authenticator.ts";
import type { LivePrincipals } from "../access/live_principals.ts";
import type { AccountRecord } from "../account/account.ts";
import type { Accounts } from "../account/accounts.ts";
import { InactiveAccountError } from "../account/errors.ts";
import { foldNameOrNull } from "../account/names.ts";
import type { Invitations } from "../credential/invitations.ts";
import type { Sessions } from "../credential/sessions.ts";
import type { Passkeys } from "../factor/passkeys.ts";
import type { Bytes, RandomBytes } from "../proof/bytes.ts";
import { checkAnswer, createChallenge, type OpenChallenge } from "../proof/challenge.ts";
import { AuthenticationError } from "../proof/errors.ts";
import { SecondFactorRequiredError } from "../proof/second_factor.ts";
import { createScramServer, parseClientFirst, type ScramServer } from "../proof/scram_server.ts";
import type { Decoys } from "./decoys.ts";
import { Exchanges } from "./exchanges.ts";
import type { SignInContext, SignInMethod, SignInReply } from "./gate.ts";
import { answerBytes, codeIn, optionalTextOf, textsOf } from "../proof/params.ts";
import type { AttemptFacts, PasswordSignIn } from "./password_sign_in.ts";
import { signInByPasskey } from "./passkey_sign_in.ts";
import type { PeerLimit } from "./peers/peer_limit.ts";
import { challengeReply, type RenewalExchange } from "./renewal_exchange.ts";
import { openSession, type Request, type SignInExtra, timeOf } from "./signed_in.ts";

/** What is remembered between two messages. */
type Exchange =
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

/** What the requests need; all of it is made by `openIdentity`, which ends `live`. */
export interface SignInParts {
  /** The accounts. */
  readonly accounts: Accounts;
  /** Checks passwords and SCRAM proofs. */
  readonly passwords: PasswordSignIn;
  /** Checks passkeys. */
  readonly passkeys: Passkeys;
  /** Failures per peer; shared with `passwords`. */
  readonly peers: PeerLimit;
  /** The sessions, for signing out. */
  readonly sessions: Sessions;
  /** What is changed for credentials. */
  readonly invitations: Invitations;
  /** Renews certificates. */
  readonly renewals: RenewalExchange;
  /** Makes principals. */
  readonly authenticator: Authenticator;
  /** The principals in use, whose generation says whether an account changed meanwhile. */
  readonly live: Pick<LivePrincipals, "generation">;
  /** What unknown accounts are challenged with. */
  readonly decoys: Decoys;
  /** The server's id, which challenges name. */
  readonly serverId: string;
  /** The time. */
  readonly clock: Clock;
  /** Where random bytes come from. */
  readonly random: RandomBytes;
}

/** Serves the sign-in requests. */
export class SignIn {
  readonly #parts: SignInParts;
  /** Made here. An exchange ends with its next message, its connection, or after a minute. */
  readonly #exchanges: Exchanges<Exchange>;

  /**
   * Puts the requests together; `openIdentity` does that.
   *
   * @param parts What they need.
   */
  constructor(parts: SignInParts) {
    this.#parts = parts;
    this.#exchanges = new Exchanges(parts.clock);
  }

  /**
   * Serves one request.
   *
   * @param method Its name.
   * @param params Its parameters, as they came from the peer.
   * @param context Where it came from.
   * @returns The reply.
   * @throws {AuthenticationError} Or a subclass, when the credential is not accepted. The gate makes
   * all of them read alike.
   * @throws {DariError} `invalid_params`, `resource_exhausted`, `failed_precondition`.
   */
  serve(method: SignInMethod, params: unknown, context: SignInContext): Promise<SignInReply> {
    const request = { params, context, generation: this.#parts.live.generation };
    switch (method) {
      case "rpc.login":
        return this.#login(request);
      case "rpc.scram":
        return this.#scram(request);
      case "rpc.challenge":
        return this.#challenge(request);
      case "rpc.authenticate":
        return this.#authenticate(request);
      case "rpc.passkey":
        return signInByPasskey(this.#parts, request);
      case "rpc.accept":
        return this.#accept(request);
      case "rpc.renew":
        return this.#parts.renewals.serve(params, context);
      case "rpc.logout":
        return this.#logout(request);
      default:
        return method satisfies never;
    }
  }

  /**
   * Forgets the unfinished exchange of a connection that ended.
   *
   * @param connectionId The connection's id.
   */
  forget(connectionId: string): void {
    this.#exchanges.take(connectionId);
    this.#parts.renewals.forget(connectionId);
  }

  async #login(request: Request): Promise<SignInReply> {
    const { username, password } = textsOf(request.params, ["username", "password"]);
    return await this.#parts.passwords.withPassword(
      username,
      password,
      factsOf(request),
      (account, also, factor) => this.#signedIn(account, request, { also, factor }),
    );
  }

  async #scram(request: Request): Promise<SignInReply> {
    const { connectionId, peer } = request.context;
    const { data } = textsOf(request.params, ["data"]);
    const { passwords } = this.#parts;
    const exchange = this.#exchanges.take(connectionId);
    if (exchange?.kind !== "scram" || !data.startsWith("c=")) {
      const first = parseClientFirst(data);
      const { verifier, account } = await passwords.scramVerifier(first.name);
      const { channelBindings = [] } = peer;
      const server = createScramServer(first, { verifier, channelBindings });
      this.#exchanges.put(connectionId, { kind: "scram", server, name: first.name, account });
      return { result: { data: server.first } };
    }
    const { server, name } = exchange;
    let final = "";
    try {
      return await passwords.withScram(
        name,
        factsOf(request),
        exchange.account,
        async () => {
          final = await server.finish(data);
        },
        (account, also, factor) =>
          this.#signedIn(account, request, { also, factor, result: { data: final } }),
      );
    } catch (error) {
      if (!(error instanceof SecondFactorRequiredError)) throw error;
      throw new SecondFactorRequiredError(error.kinds, final);
    }
  }

  async #challenge({ params, context }: Request): Promise<SignInReply> {
    const { username } = textsOf(params, ["username"]);
    const keyId = optionalTextOf(params, "keyId");
    const { accounts, decoys, random, serverId } = this.#parts;
    const name = foldNameOrNull(username);
    const account = name === null ? null : await accounts.find(name);
    const key = account?.publicKeys.find(({ id }) => keyId === undefined || id === keyId);
    // The decoy depends on the key's id as well: with one for each name, a name whose algorithm
    // changes with the id would be one that has a key.
    const asked = key ?? await decoys.publicKey(`${name ?? username} ${keyId ?? ""}`);
    const open = await createChallenge(serverId, username, asked, random);
    this.#exchanges.put(context.connectionId, {
      kind: "challenge",
      open,
      account: key === undefined ? null : account,
    });
    return { result: challengeReply(open, context) };
  }

  async #authenticate(request: Request): Promise<SignInReply> {
    const { params } = request;
    const token = optionalTextOf(params, "token");
    if (token === undefined) return await this.#answer(request);
    const { authenticator } = this.#parts;
    const principal = await authenticator.authenticate(token, "rpc.authenticate", undefined);
    const { roles, expiresAtMs } = principal;
    const ends = expiresAtMs === undefined ? {} : { expiresAt: timeOf(expiresAtMs) };
    return { result: { roles, ...ends }, principal };
  }

  async #answer(request: Request): Promise<SignInReply> {
    const { answer } = textsOf(request.params, ["answer"]);
    const exchange = this.#exchanges.take(request.context.connectionId);
    if (exchange?.kind !== "challenge") {
      throw new AuthenticationError("There is no challenge to answer, or it is too old");
    }
    const account = await this.#accountOfAnswer(exchange, request, answerBytes(answer));
    if (!account.active) throw new InactiveAccountError("The account is disabled");
    return await this.#signedIn(account, request);
  }

  /** A wrong answer counts against its peer, as a wrong password does; no account is locked for it. */
  async #accountOfAnswer(
    { open, account: before }: Exchange & { readonly kind: "challenge" },
    { params, context: { peer, signal } }: Request,
    answer: Bytes,
  ): Promise<AccountRecord> {
    const { accounts, peers } = this.#parts;
    const end = await peers.begin(peer.address, { signal });
    let isFailure = false;
    try {
      const { channelBindings = [] } = peer;
      const binding = optionalTextOf(params, "binding");
      const right = await checkAnswer(open, answer, channelBindings, binding);
      // Read again: the key may have been removed, or the account disabled, since the challenge.
      const account = before === null ? null : await accounts.find(before.name);
      const hasKey = account?.id === before?.id &&
        account?.publicKeys.some(({ id }) => id === open.key.id);
      if (right && account !== null && hasKey === true) return account;
      isFailure = true;
    } finally {
      end(isFailure);
    }
    throw new AuthenticationError("The challenge was not answered by a key of the account");
  }

  /** It signs nobody in: the client does that with what it gets. */
  async #accept({ params }: Request): Promise<SignInReply> {
    const { secret } = textsOf(params, ["secret"]);
    const { invitations } = this.#parts;
    return { result: await invitations.accept(secret, optionalTextOf(params, "request")) };
  }

  async #logout({ context: { principal } }: Request): Promise<SignInReply> {
    if (principal?.kind === "session") {
      await this.#parts.sessions.revoke(principal.credentialId.replace("session:", ""));
    }
    return { result: null, principal: null };
  }

  #signedIn(
    account: AccountRecord,
    request: Request,
    extra?: SignInExtra,
  ): Promise<SignInReply> {
    return openSession(this.#parts, account, request, extra);
  }
}

function factsOf({ params, context: { peer, signal } }: Request): AttemptFacts {
  return { code: codeIn(params), address: peer.address, signal };
}
