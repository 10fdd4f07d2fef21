/**
 * Renewing certificates over the wire: a peer that proves to hold the key of a certificate gets its
 * successor, for the same key, subject, names and purposes.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Collection } from "../../store/collection.ts";

/** A certificate that may be renewed. */
export interface RenewableCertificate {
  /** Its serial number. */
  readonly serial: string;
  /** Its key, SPKI in PEM. */
  readonly publicKey: string;
  /** Whether another certificate has taken its place already. */
  readonly isRenewed: boolean;
}

/** The authority's part of a renewal. */
export interface CertificateRenewer {
  /**
   * Finds a certificate among those that were issued.
   *
   * @param certificate The certificate, PEM. Nothing of it counts but its serial number and its key,
   * which has to be the one that it was issued for.
   * @throws {DariError} `failed_precondition` where it may not be renewed: it is unknown, revoked,
   * expired, an authority's own, or its file is on the server's machine.
   */
  find(certificate: string): Promise<RenewableCertificate>;
  /**
   * Issues its successor.
   *
   * @param certificate As for `find`.
   * @returns The successor, PEM.
   * @throws {DariError} `failed_precondition` where it was revoked or renewed meanwhile, or the
   * authority cannot issue.
   */
  renew(certificate: string): Promise<string>;
}

/** A successor that was issued, under the serial number of the certificate that it replaces. */
export interface RenewalRecord {
  /** The successor, PEM. */
  readonly certificate: string;
}

/** What renewals need. */
export interface RenewalsParts {
  /** The successors in the store. */
  readonly successors: Collection<RenewalRecord>;
  /** Issues them; absent where this program has no authority. */
  readonly renewer?: CertificateRenewer | undefined;
  /** The time. */
  readonly clock: Clock;
}

/**
 * The renewals of a store. A certificate has one successor. A peer that asks again, since the answer
 * was lost or two programs of its owner ask at once, gets the same one.
 */
export class Renewals {
  readonly #parts: RenewalsParts;
  /** Renewals under way, by the certificate. */
  readonly #underWay = new Map<string, Promise<string>>();

  /**
   * Puts the renewals together; `openIdentity` does that.
   *
   * @param parts What they need.
   */
  constructor(parts: RenewalsParts) {
    this.#parts = parts;
  }

  /**
   * Finds a certificate that may be renewed.
   *
   * @param certificate The certificate, PEM.
   * @throws {DariError} `failed_precondition` where it may not.
   */
  async find(certificate: string): Promise<RenewableCertificate> {
    const found = await this.#renewer.find(certificate);
    if (found.isRenewed) await this.#keptSuccessor(found.serial);
    return found;
  }

  /**
   * Gives the successor of a certificate whose key its owner has proved to hold.
   *
   * @param certificate The certificate, PEM.
   * @returns The successor, PEM.
   * @throws {DariError} `failed_precondition` where it was revoked meanwhile, or the authority cannot
   * issue.
   */
  async renew(certificate: string): Promise<string> {
    const { serial } = await this.#renewer.find(certificate);
    const underWay = this.#underWay.get(serial);
    if (underWay !== undefined) return await underWay;
    const renewing = this.#renew(certificate, serial);
    this.#underWay.set(serial, renewing);
    try {
      return await renewing;
    } finally {
      this.#underWay.delete(serial);
    }
  }

  async #renew(certificate: string, serial: string): Promise<string> {
    const { successors, clock } = this.#parts;
    if ((await this.#renewer.find(certificate)).isRenewed) return await this.#keptSuccessor(serial);
    const successor = await this.#renewer.renew(certificate);
    const expiresAtMs = clock.now() + limits.renewalAnswerLifeMs;
    await successors.put(serial, { certificate: successor }, { expiresAtMs });
    return successor;
  }

  /** The successor that was issued before, as long as nothing has taken its place in turn. */
  async #keptSuccessor(serial: string): Promise<string> {
    const kept = (await this.#parts.successors.get(serial))?.record.certificate;
    if (kept !== undefined && !(await this.#renewer.find(kept)).isRenewed) return kept;
    throw new DariError(
      "failed_precondition",
      `Certificate ${serial} was renewed before; renew the one that has taken its place, or ask for ` +
        "an invitation",
    );
  }

  get #renewer(): CertificateRenewer {
    const { renewer } = this.#parts;
    if (renewer !== undefined) return renewer;
    throw new DariError("failed_precondition", "This server issues no certificates");
  }
}
