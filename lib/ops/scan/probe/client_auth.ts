/**
 * Whether a server asks for a client's certificate, whether it insists, and whether a session that
 * goes on gets round that.
 *
 * @module
 */

import type { ClientCertificate, Session, VerifySignature } from "../handshake/handshake.ts";
import type { KnockTimes, Reception } from "../handshake/knock.ts";
import { nameOfAlert } from "../names/alerts.ts";
import { describeAnswer, type Target } from "./ask.ts";
import {
  type HandshakeFound,
  type HandshakeOutcome,
  isLetIn,
  probeHandshake,
  type WholeVersion,
} from "./handshakes.ts";

/** Where a session came from that was tried again without a certificate. */
export type SessionSource =
  /** A client without a certificate. */
  | "bare"
  /** A client that had shown its certificate. */
  | "certificate"
  /** Another listener. */
  | "elsewhere";

/** What became of a session that was tried again. */
export interface ResumptionFound {
  /** Where the session came from. */
  readonly source: SessionSource;
  /** Whether the session went on, and its client was not turned away. */
  readonly outcome: "resumed" | "refused" | "no_session";
}

/** What was found out about one version. */
export interface ClientAuthFound {
  /** The version. */
  readonly version: WholeVersion;
  /** The handshake without a certificate. */
  readonly bare: HandshakeOutcome;
  /** Whether a certificate is asked for; `undefined` where the handshake ended before. */
  readonly isAsked: boolean | undefined;
  /** Whether a client without one is turned away; `undefined` where that is unclear. */
  readonly isEnforced: boolean | undefined;
  /** What the server did, in words. */
  readonly reason: string;
  /** Whether the certificate that was shown was taken; `undefined` where none was shown. */
  readonly isShownTaken?: boolean;
  /** Sessions that were tried again. */
  readonly resumptions: readonly ResumptionFound[];
}

/** What the probe is made with. */
export interface ClientAuthWish {
  /** The version. */
  readonly version: WholeVersion;
  /** Whether the server's flight in the clear asks for a certificate, where that was seen. */
  readonly isAskedInClear: boolean | undefined;
  /** A certificate to show. */
  readonly certificate?: ClientCertificate | undefined;
  /** Another listener, whose sessions are tried on this one. */
  readonly elsewhere?: Target | undefined;
  /** Verifies the server's signature. */
  readonly verifySignature: VerifySignature;
  /** How long the server is listened to. */
  readonly times?: KnockTimes | undefined;
}

/**
 * Finds out what a client without a certificate can do.
 *
 * @param target The server.
 * @param wish What the probe is made with.
 */
export async function probeClientAuth(
  target: Target,
  wish: ClientAuthWish,
): Promise<ClientAuthFound> {
  const { version, verifySignature, times, certificate, elsewhere } = wish;
  const common = { version, verifySignature, times };
  const bare = await probeHandshake(target, common);
  const isAsked = bare.kind === "done" ? bare.found.asksForCertificate : wish.isAskedInClear;
  const resume = (source: SessionSource, session: Session | undefined) =>
    probeResumption(target, source, session, common);
  const resumptions = [await resume("bare", sessionOf(bare, version))];
  let isShownTaken: boolean | undefined;
  if (certificate !== undefined) {
    const shown = await probeHandshake(target, { ...common, certificate });
    isShownTaken = shown.kind === "done" && isLetIn(shown.found.reception);
    resumptions.push(await resume("certificate", sessionOf(shown, version)));
  }
  if (elsewhere !== undefined) {
    const there = await probeHandshake(elsewhere, common);
    resumptions.push(await resume("elsewhere", sessionOf(there, version)));
  }
  return {
    version,
    bare,
    isAsked,
    ...enforcementOf(bare, isAsked),
    ...(isShownTaken !== undefined && { isShownTaken }),
    resumptions,
  };
}

function sessionOf(outcome: HandshakeOutcome, version: WholeVersion): Session | undefined {
  if (outcome.kind === "ended") return undefined;
  return outcome.found.sessions.find((session) => session.version === version);
}

async function probeResumption(
  target: Target,
  source: SessionSource,
  session: Session | undefined,
  common: Pick<ClientAuthWish, "version" | "verifySignature" | "times">,
): Promise<ResumptionFound> {
  if (session === undefined) return { source, outcome: "no_session" };
  const again = await probeHandshake(target, { ...common, session });
  const goesOn = again.kind === "done" && again.found.isResumed && isLetIn(again.found.reception);
  return { source, outcome: goesOn ? "resumed" : "refused" };
}

function enforcementOf(
  bare: HandshakeOutcome,
  isAsked: boolean | undefined,
): Pick<ClientAuthFound, "isEnforced" | "reason"> {
  if (bare.kind === "ended") {
    const reason = describeAnswer(bare.answer);
    const isRefusal = bare.answer.kind === "alert" || bare.answer.fault === "closed";
    return { isEnforced: isAsked === true && isRefusal ? true : undefined, reason };
  }
  const reason = describeReception(bare.found.reception);
  if (isAsked !== true) return { isEnforced: false, reason };
  return { isEnforced: isTurnedAway(bare.found), reason };
}

function isTurnedAway({ reception: { kind } }: HandshakeFound): boolean | undefined {
  if (kind === "refused" || kind === "closed") return true;
  return kind === "closed_later" ? undefined : false;
}

/** A reception in words. */
function describeReception(reception: Reception): string {
  switch (reception.kind) {
    case "refused":
      return nameOfAlert(reception.alert);
    case "closed":
      return "it closes the connection";
    case "closed_later":
      return "it closes the connection after the request";
    case "answered":
      return "it answers a request";
    case "open":
      return "it keeps the connection open";
    default:
      return reception satisfies never;
  }
}
