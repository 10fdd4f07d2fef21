/**
 * The request `rpc.renew`: a certificate gives a challenge for its key, and the answer gives its
 * successor.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import type { Renewals } from "../credential/renewals.ts";
import type { RandomBytes } from "../proof/bytes.ts";
import { checkAnswer, createChallenge, type OpenChallenge } from "../proof/challenge.ts";
import { AuthenticationError } from "../proof/errors.ts";
import { parsePublicKey } from "../proof/public_key.ts";
import { Exchanges } from "./exchanges.ts";
import type { SignInContext, SignInReply } from "./gate.ts";
import { answerBytes, optionalTextOf, textsOf } from "../proof/params.ts";
import type { PeerLimit } from "./peers/peer_limit.ts";

/** What the request needs. */
export interface RenewalExchangeParts {
  /** Finds and issues certificates. */
  readonly renewals: Renewals;
  /** Failures per peer: a wrong answer counts as a wrong password does. */
  readonly peers: PeerLimit;
  /** The server's id, which challenges name. */
  readonly serverId: string;
  /** The time. */
  readonly clock: Clock;
  /** Where random bytes come from. */
  readonly random: RandomBytes;
}

/** Serves `rpc.renew`. It signs nobody in. */
export class RenewalExchange {
  readonly #parts: RenewalExchangeParts;
  /** Made here. An exchange ends with its answer, its connection, or after a minute. */
  readonly #exchanges: Exchanges<{ readonly open: OpenChallenge; readonly certificate: string }>;

  /**
   * Puts the request together; `openIdentity` does that.
   *
   * @param parts What it needs.
   */
  constructor(parts: RenewalExchangeParts) {
    this.#parts = parts;
    this.#exchanges = new Exchanges(parts.clock);
  }

  /**
   * Serves one of its two messages.
   *
   * @param params The parameters, as they came from the peer.
   * @param context Where they came from.
   * @throws {AuthenticationError} When the certificate's key did not give the answer.
   * @throws {DariError} `invalid_params`; `failed_precondition` where the certificate may not be renewed.
   */
  async serve(params: unknown, context: SignInContext): Promise<SignInReply> {
    const certificate = optionalTextOf(params, "certificate");
    return certificate === undefined
      ? await this.#answer(params, context)
      : await this.#challenge(certificate, context);
  }

  /**
   * Forgets the unfinished exchange of a connection that ended.
   *
   * @param connectionId The connection's id.
   */
  forget(connectionId: string): void {
    this.#exchanges.take(connectionId);
  }

  async #challenge(certificate: string, context: SignInContext): Promise<SignInReply> {
    const { renewals, clock, random, serverId } = this.#parts;
    const { serial, publicKey } = await renewals.find(certificate);
    const key = await parsePublicKey(publicKey, { createdAtMs: clock.now() });
    const made = await createChallenge(serverId, serial, key, random);
    const open: OpenChallenge = { ...made, purpose: "renew" };
    this.#exchanges.put(context.connectionId, { open, certificate });
    return { result: challengeReply(open, context) };
  }

  async #answer(
    params: unknown,
    { connectionId, peer, signal }: SignInContext,
  ): Promise<SignInReply> {
    const { answer } = textsOf(params, ["answer"]);
    const exchange = this.#exchanges.take(connectionId);
    if (exchange === null) {
      throw new AuthenticationError("There is no challenge to answer, or it is too old");
    }
    const end = await this.#parts.peers.begin(peer.address, { signal });
    let isRight = false;
    try {
      const { channelBindings = [] } = peer;
      const binding = optionalTextOf(params, "binding");
      isRight = await checkAnswer(exchange.open, answerBytes(answer), channelBindings, binding);
    } finally {
      end(!isRight);
    }
    if (!isRight) {
      throw new AuthenticationError("The challenge was not answered by the certificate's key");
    }
    return { result: { certificate: await this.#parts.renewals.renew(exchange.certificate) } };
  }
}

/**
 * What the owner of a key has to know to answer a challenge.
 *
 * @param open The challenge.
 * @param context The connection, which may have channel bindings to use.
 */
export function challengeReply(
  { challenge, server, key }: OpenChallenge,
  { peer }: SignInContext,
): { challenge: string; server: string; algorithm: string; bindings: string[] } {
  const bindings = (peer.channelBindings ?? []).map(({ type }) => type);
  return { challenge, server, algorithm: key.algorithm, bindings };
}
