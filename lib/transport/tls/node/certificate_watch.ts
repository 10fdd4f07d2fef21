/**
 * Certificates in use: whether each is still good, looked at again and again while its connection is
 * open.
 *
 * @module
 */

import { type Clock, systemClock } from "../../../base/clock.ts";
import { limits } from "../../../base/limits.ts";
import type { PeerCertificate } from "../../connection.ts";

/** Watches the certificates of open connections. */
export class CertificateWatch {
  readonly #isRevoked: (serial: string) => boolean;
  readonly #clock: Clock;
  readonly #open = new Map<() => void, [PeerCertificate, (reason: string) => void]>();
  #timer: ReturnType<typeof setInterval> | undefined;

  /**
   * @param isRevoked Whether a serial number (lower-case hexadecimal) was revoked.
   * @param clock Where the time comes from.
   */
  constructor(isRevoked: (serial: string) => boolean, clock: Clock = systemClock) {
    this.#isRevoked = isRevoked;
    this.#clock = clock;
  }

  /**
   * Looks at a certificate.
   *
   * @param certificate The certificate.
   * @returns Why it is no longer good; `undefined` where it is.
   */
  faultOf({ serial, notAfterMs }: PeerCertificate): string | undefined {
    if (this.#clock.now() > notAfterMs) return `its certificate ${serial} has expired`;
    try {
      return this.#isRevoked(serial) ? `its certificate ${serial} was revoked` : undefined;
    } catch (error) {
      // Nobody can say who is still to be let in, so nobody is.
      return `revocations cannot be read: ${error instanceof Error ? error.message : error}`;
    }
  }

  /**
   * Watches a connection's certificate until told otherwise.
   *
   * @param certificate The certificate.
   * @param cut Ends the connection.
   * @returns Ends the watch.
   */
  add(certificate: PeerCertificate, cut: (reason: string) => void): () => void {
    const remove = () => {
      this.#open.delete(remove);
      if (this.#open.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
    this.#open.set(remove, [certificate, cut]);
    if (this.#timer === undefined) {
      this.#timer = setInterval(() => this.#look(), limits.recheckMs);
      Deno.unrefTimer(this.#timer); // a program whose work is done may end
    }
    return remove;
  }

  #look(): void {
    for (const [certificate, cut] of this.#open.values()) {
      const fault = this.faultOf(certificate);
      if (fault !== undefined) cut(fault);
    }
  }
}
