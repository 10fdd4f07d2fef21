/**
 * The certificate of the other side of a handshake: the rules that TLS libraries do not insist on, and
 * what it says.
 *
 * @see RFC 5280 section 4.2.1
 * @module
 */

import { encodeBase64 } from "@std/encoding/base64";
import { createHash } from "node:crypto"; // Web Crypto has no hash that answers at once
import { BoundedMap } from "../../base/bounded_map.ts";
import { type Clock, systemClock } from "../../base/clock.ts";
import { TransportError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { PeerCertificate } from "../../transport/connection.ts";
import type { PeerChain } from "../../transport/tls/node/peer_chain.ts";
import {
  type Certificate,
  identityOf,
  parseCertificate,
  parseCertificates,
} from "../x509/certificate.ts";
import type { Purpose } from "../x509/certificate_template.ts";
import { formatName } from "../x509/distinguished_name.ts";
import { checkName } from "./name_match.ts";
import { checkProfile } from "./path_rules.ts";
import { keepsRules, verifyCertificate } from "./verify.ts";

/**
 * Verifies certificates of other sides, after handshakes that have verified their signatures.
 *
 * It remembers leaves and authorities as they were parsed, because the same ones come again with each
 * connection; every rule is checked each time. So it belongs to one client or to one server's
 * listeners, and what it remembers ends with them.
 */
export class PeerVerifier {
  readonly #clock: Clock;
  /** Parsed leaves by their DER in base64. */
  readonly #leaves = new BoundedMap<string, Certificate>(limits.maxRememberedLeaves);
  /** The authorities of the last handshake: they change with a reload alone. */
  #authorities: { readonly pem: string; readonly certificates: readonly Certificate[] } | undefined;

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
    const peer = factsOf(await this.#verify(chain, "client"));
    if (peer.identity === "") throw refused("names nobody: no URI, no DNS name, no common name");
    return peer;
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
    const leaf = await this.#verify(chain, "server");
    const fault = checkName(leaf, host);
    if (fault !== undefined) throw refused(`is not for this server: ${fault.message}`);
    return factsOf(leaf);
  }

  async #verify(
    { certificates: [der, ...others], authorities: pem }: PeerChain,
    purpose: Purpose,
  ): Promise<Certificate> {
    const timeMs = this.#clock.now();
    const leaf = this.#parseLeaf(der);
    const fault = checkProfile(leaf, purpose, timeMs);
    if (fault !== undefined) throw refused(fault.message);
    if (pem === undefined) return leaf; // the runtime has verified it by the public authorities
    const authorities = this.#parseAuthorities(pem);
    // The handshake checks neither the path length nor the dates of a trusted authority. A leaf right
    // below one is checked without another look at its signature.
    if (!keepsRules(leaf, authorities, purpose, timeMs)) {
      const intermediates = others.map(parseCertificate);
      await verifyCertificate(leaf, { authorities, intermediates, purpose, timeMs });
    }
    return leaf;
  }

  #parseLeaf(der: Uint8Array<ArrayBuffer>): Certificate {
    const key = encodeBase64(der);
    const known = this.#leaves.get(key);
    if (known !== undefined) return known;
    const leaf = parseCertificate(der);
    this.#leaves.set(key, leaf);
    return leaf;
  }

  #parseAuthorities(pem: string): readonly Certificate[] {
    if (this.#authorities?.pem !== pem) {
      this.#authorities = { pem, certificates: parseCertificates(pem) };
    }
    return this.#authorities.certificates;
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
