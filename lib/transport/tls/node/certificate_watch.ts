/**
 * Checks the certificates of open connections again and again: for expiry and for revocation.
 *
 * @module
 */

import { type Clock, systemClock } from "../../../base/clock.ts";
import { limits } from "../../../base/limits.ts";
import type { PeerCertificate } from "../../connection.ts";

/**
 * Watches the certificates of open connections. Its timer runs while there is one, and ends at the next
 * check: a server with one short connection after the other would set and clear it for each.
 */
export class CertificateWatch {
  readonly #faultOf: (certificate: PeerCertificate) => string | undefined;
  readonly #clock: Clock;
  /** Each watched certificate and what ends its connection, by the function that ends the watch. */
  readonly #open = new Map<() => void, [PeerCertificate, (reason: string) => void]>();
  #timer: ReturnType<typeof setInterval> | undefined;

  /**
   * @param faultOf Why a certificate is revoked; `undefined` when it is not.
   * @param clock Where the time comes from.
   */
  constructor(
    faultOf: (certificate: PeerCertificate) => string | undefined,
    clock: Clock = systemClock,
  ) {
    this.#faultOf = faultOf;
    this.#clock = clock;
  }

  /**
   * Checks a certificate.
   *
   * @param certificate The certificate.
   * @returns Why it is refused; `undefined` when it is valid.
   */
  faultOf(certificate: PeerCertificate): string | undefined {
    if (this.#clock.now() > certificate.notAfterMs) {
      return `its certificate ${certificate.serial} has expired`;
    }
    try {
      return this.#faultOf(certificate);
    } catch (error) {
      // Any certificate might be revoked now, so every one is refused.
      return `revocations cannot be read: ${error instanceof Error ? error.message : error}`;
    }
  }

  /**
   * Watches a connection's certificate.
   *
   * @param certificate The certificate.
   * @param cut Ends the connection.
   * @returns Ends the watch.
   */
  add(certificate: PeerCertificate, cut: (reason: string) => void): () => void {
    const remove = () => void this.#open.delete(remove);
    this.#open.set(remove, [certificate, cut]);
    if (this.#timer === undefined) {
      this.#timer = setInterval(() => this.check(), limits.recheckMs);
      Deno.unrefTimer(this.#timer); // a program whose work is done may end
    }
    return remove;
  }

  /** Checks every watched certificate now, and cuts the connections of those that are refused. */
  check(): void {
    for (const [certificate, cut] of this.#open.values()) {
      const fault = this.faultOf(certificate);
      if (fault !== undefined) cut(fault);
    }
    if (this.#open.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
