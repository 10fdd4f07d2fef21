/**
 * The certificate of the other side of a handshake: the rules that TLS libraries do not insist on, and
 * what it says.
 *
 * @see RFC 5280 section 4.2.1
 * @module
 */

import { createHash } from "node:crypto"; // Web Crypto has no hash that answers at once
import { type Clock, systemClock } from "../../base/clock.ts";
import { DariError, TransportError } from "../../base/errors.ts";
import type { PeerCertificate } from "../../transport/connection.ts";
import type { PeerChain } from "../../transport/tls/node/peer_chain.ts";
import { type Certificate, identityOf } from "../x509/certificate.ts";
import type { Purpose } from "../x509/certificate_template.ts";
import { formatName } from "../x509/distinguished_name.ts";
import { knownAuthorities, knownCertificate } from "./known_certificates.ts";
import { checkName } from "./name_match.ts";
import { checkProfile } from "./path_rules.ts";
import { type CertificatePath, verifyCertificate } from "./verify.ts";

/**
 * Verifies certificates of other sides once more, after handshakes that have verified less.
 *
 * What certificates say and whether their signatures are right is remembered, because the same ones
 * come again with each connection; every rule is checked each time.
 */
export class PeerVerifier {
  readonly #clock: Clock;
  /** The paths that were found for clients, for as long as somebody has their facts. */
  readonly #paths = new WeakMap<PeerCertificate, CertificatePath>();

  /** @param clock Where the time comes from; the handshake itself goes by the system's. */
  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /**
   * Verifies a client's certificate.
   *
   * @param chain What the client sent.
   * @returns Its facts. Its identity is the first URI, else the first DNS name, else the common name.
   * @throws {DariError} `data` when it breaks a rule that the handshake does not check.
   * @throws {TransportError} `unavailable` when it is not for clients or has no name.
   */
  async verifyClient(chain: PeerChain): Promise<PeerCertificate> {
    const path = await this.#verify(chain, "client");
    const peer = factsOf(path[0]);
    if (peer.identity === "") throw refused("names nobody: no URI, no DNS name, no common name");
    this.#paths.set(peer, path);
    return peer;
  }

  /**
   * The path by which a client is trusted.
   *
   * @param peer What {@linkcode verifyClient} returned.
   * @returns The leaf first, the trusted authority last.
   */
  pathOf(peer: PeerCertificate): CertificatePath | undefined {
    return this.#paths.get(peer);
  }

  /**
   * Verifies a server's certificate.
   *
   * @param chain What the server sent.
   * @param host The name or address that was connected to.
   * @returns Its facts.
   * @throws {DariError} `data` when it breaks a rule that the handshake does not check.
   * @throws {TransportError} `unavailable` when it is not for servers or not for this host.
   */
  async verifyServer(chain: PeerChain, host: string): Promise<PeerCertificate> {
    const [leaf] = await this.#verify(chain, "server");
    const fault = checkName(leaf, host);
    if (fault !== undefined) throw refused(`is not for this server: ${fault.message}`);
    return factsOf(leaf);
  }

  async #verify(
    { certificates: [der, ...others], authorities: pem }: PeerChain,
    purpose: Purpose,
  ): Promise<CertificatePath> {
    const timeMs = this.#clock.now();
    const leaf = knownCertificate(der);
    const fault = checkProfile(leaf, purpose, timeMs);
    if (fault !== undefined) throw refused(fault.message);
    if (pem === undefined) return [leaf]; // the runtime has verified it by the public authorities
    // The handshake checks neither the path length nor the dates of a trusted authority, and which
    // one it went by is not said: so a path is looked for anew, signatures and all.
    const authorities = knownAuthorities(pem);
    const intermediates = others.flatMap(readable);
    return await verifyCertificate(leaf, { authorities, intermediates, purpose, timeMs });
  }
}

/** What stands between and cannot be read is of no use to the path, and no reason to refuse it. */
function readable(der: Uint8Array<ArrayBuffer>): Certificate[] {
  try {
    return [knownCertificate(der)];
  } catch (error) {
    if (error instanceof DariError) return [];
    throw error;
  }
}

function factsOf(certificate: Certificate): PeerCertificate {
  return {
    identity: identityOf(certificate),
    subject: formatName(certificate.subject),
    serial: certificate.serial,
    fingerprint: createHash("sha256").update(certificate.der).digest("hex"),
    notAfterMs: certificate.notAfterMs,
  };
}

function refused(reason: string): TransportError {
  return new TransportError("unavailable", `its certificate ${reason}`, { retryable: false });
}
