/**
 * Whole handshakes: the certificates, whether a client's certificate is asked for and enforced, and
 * whether a resumed session gets round that.
 *
 * @module
 */

import { limits } from "../../../base/limits.ts";
import type { ClientCertificate, Session, VerifySignature } from "../handshake/handshake.ts";
import { shake12 } from "../handshake/handshake12.ts";
import { shake13 } from "../handshake/handshake13.ts";
import { knock, type KnockTimes, type Reception } from "../handshake/knock.ts";
import { usableSuites } from "../handshake/record_ciphers.ts";
import type { Bytes } from "../wire/bytes.ts";
import { type Answer, answerOf, type Target } from "./ask.ts";
import type { VersionFound } from "./versions.ts";

/** A version that whole handshakes are made with. */
export type WholeVersion = "TLSv1.2" | "TLSv1.3";

/** What a whole handshake found out. */
export interface HandshakeFound {
  /** The version. */
  readonly version: WholeVersion;
  /** The suite that the server chose. */
  readonly suite: number;
  /** The group of the key agreement. */
  readonly group: number | undefined;
  /** The protocol of the application. */
  readonly protocol: string | undefined;
  /** The server's certificates in DER. */
  readonly chain: readonly Bytes[];
  /** The scheme of the server's signature. */
  readonly scheme: number | undefined;
  /** Whether the server has the key of its certificate. */
  readonly isKeyProven: boolean | undefined;
  /** Whether the server asks for a certificate. */
  readonly asksForCertificate: boolean;
  /** Whether an offered session went on. */
  readonly isResumed: boolean;
  /** How the server received a client without a certificate, or with the one that was shown. */
  readonly reception: Reception;
  /** Sessions that it gave. */
  readonly sessions: readonly Session[];
}

/** A handshake's outcome: what was found, or the answer that ended it. */
export type HandshakeOutcome =
  | { readonly kind: "done"; readonly found: HandshakeFound }
  | { readonly kind: "ended"; readonly answer: Exclude<Answer, { kind: "hello" }> };

/** What a handshake is made with. */
export interface HandshakeWish {
  /** The version. */
  readonly version: WholeVersion;
  /** Verifies the server's signature. */
  readonly verifySignature: VerifySignature;
  /** The certificate that is shown where one is asked for. */
  readonly certificate?: ClientCertificate | undefined;
  /** The session to go on with. */
  readonly session?: Session | undefined;
  /** How long the server is listened to. */
  readonly times?: KnockTimes | undefined;
}

/**
 * Shakes hands on a connection of its own and sends one small request.
 *
 * @param target The server.
 * @param wish What the handshake is made with.
 */
export async function probeHandshake(
  target: Target,
  { version, times, ...wish }: HandshakeWish,
): Promise<HandshakeOutcome> {
  const shake = version === "TLSv1.3" ? shake13 : shake12;
  const { serverName, protocols, host } = target;
  try {
    return await target.budget.connect(async (peer) => {
      const shaken = await shake(peer, { ...wish, serverName, protocols });
      const chain = shaken.chain.slice(0, limits.maxScanChainLength);
      const { takeLater: _, session: __, ...found } = shaken;
      const knocked = await knock(peer, shaken, host, times);
      return { kind: "done", found: { ...found, version, chain, ...knocked } };
    });
  } catch (error) {
    return { kind: "ended", answer: answerOf(error) };
  }
}

/**
 * The versions that whole handshakes can be made with.
 *
 * @param versions What the server takes.
 */
export function wholeVersions(versions: readonly VersionFound[]): WholeVersion[] {
  const usable = new Set(usableSuites.map(({ code }) => code));
  return versions.filter(({ outcome, suites }) =>
    outcome === "offered" && suites.some((suite) => usable.has(suite))
  ).map(({ version }) => version).filter((version) =>
    version === "TLSv1.2" || version === "TLSv1.3"
  );
}

/** Whether a reception lets the client go on: it was answered, or at least not turned away. */
export function isLetIn({ kind }: Reception): boolean {
  return kind === "answered" || kind === "open";
}
