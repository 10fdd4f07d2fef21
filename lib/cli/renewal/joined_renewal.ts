/**
 * Renewing the certificate of a server that has joined a cluster, by the server that has the authority's
 * key, before it ends. The authority's key stays there, and this server's key stays here.
 *
 * @module
 */

import { type Clock, systemClock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { readOwnFile, readSecretFile, writeFileAtomic } from "../../base/file/files.ts";
import { reasonOf } from "../../base/file/reason.ts";
import { limits } from "../../base/limits.ts";
import type { WriteLog } from "../../base/text/write_log.ts";
import { type Certificate, parseCertificates } from "../../cert/mod.ts";
import { verifyCertificate } from "../../cert/path/verify.ts";
import { identityOf } from "../../cert/x509/certificate.ts";
import type { Audit } from "../../ops/audit/audit.ts";
import { joinedPair } from "../cluster/joined_directory.ts";
import type { HeldCertificate } from "./renew_at.ts";

/** What {@linkcode JoinedRenewal} works with. */
export interface JoinedRenewalOptions {
  /** The data directory. */
  readonly data: string;
  /**
   * Asks the servers of the cluster for the successor of a certificate.
   *
   * @throws {DariError} Where none of them gives one.
   */
  readonly ask: (held: HeldCertificate) => Promise<string>;
  /** Where it is written down. */
  readonly audit: Pick<Audit, "note">;
  /** Hears of new certificates, and of failures. */
  readonly tell: WriteLog;
  /** Where the time comes from. @default {systemClock} */
  readonly clock?: Clock | undefined;
  /** Gives numbers from 0 to less than 1; spreads the renewals of servers that joined together. */
  readonly random?: (() => number) | undefined;
}

/**
 * Looks at the certificate from time to time, and renews it when two thirds of its life are over. The
 * listeners of the server take up the new file by themselves.
 */
export class JoinedRenewal implements Disposable {
  readonly #options: JoinedRenewalOptions;
  readonly #clock: Clock;
  readonly #timer: ReturnType<typeof setInterval>;
  /** The share of a life after which this server renews. */
  readonly #share: number;
  #retryAtMs = -Infinity;
  /** The look under way, which all who ask for one meanwhile share. */
  #looking: Promise<void> | undefined;

  /**
   * Begins.
   *
   * @param options The servers to ask, and who hears of the result.
   */
  constructor(options: JoinedRenewalOptions) {
    const { random = Math.random, clock = systemClock } = options;
    this.#options = options;
    this.#clock = clock;
    this.#share = limits.renewAfterLifeShare + limits.renewalJitterShare * random();
    this.#timer = setInterval(() => void this.look(), limits.joinedRenewalLookMs);
    Deno.unrefTimer(this.#timer); // a program whose work is done may end
  }

  /** Renews the certificate where that is due; it never rejects. The timer does it otherwise. */
  look(): Promise<void> {
    return this.#looking ??= this.#look().finally(() => this.#looking = undefined);
  }

  /** Ends. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    try {
      const held = await this.#due();
      if (held !== undefined) await this.#renew(held);
    } catch (error) {
      const reason = reasonOf(error);
      this.#options.tell(`The certificate of this server was not renewed: ${reason}`, "warn");
    }
  }

  async #due(): Promise<HeldCertificate | undefined> {
    const now = this.#clock.now();
    if (now < this.#retryAtMs) return undefined;
    const files = await joinedPair(this.#options.data);
    if (files === undefined) return undefined;
    const [certificate] = parseCertificates(await readOwnFile(files.cert));
    const { notBeforeMs, notAfterMs } = certificate;
    if (now < notBeforeMs + (notAfterMs - notBeforeMs) * this.#share) return undefined;
    // However short its life is, there are several tries left.
    const leftMs = Math.max(0, notAfterMs - now);
    this.#retryAtMs = now + Math.min(limits.renewalRetryMs, leftMs * limits.renewalJitterShare);
    return { certificate, key: await readSecretFile(files.key) };
  }

  async #renew(held: HeldCertificate): Promise<void> {
    const { data, ask, audit, tell } = this.#options;
    const pem = await ask(held);
    const successor = await this.#checked(pem, held.certificate);
    const files = await joinedPair(data);
    const [present] = files === undefined ? [] : parseCertificates(await readOwnFile(files.cert));
    if (files === undefined || present?.serial !== held.certificate.serial) return; // another one is there now
    await writeFileAtomic(files.cert, pem);
    this.#retryAtMs = -Infinity;
    const { serial, notAfterMs } = successor;
    const until = new Date(notAfterMs).toISOString();
    const replaces = held.certificate.serial;
    audit.note({ kind: "certificate.renewed", about: serial, data: { replaces, until } });
    tell(`The certificate of this server is renewed, until ${until}`, "info");
  }

  /** Keeps only what the authority itself issued, for this server, and that ends no earlier. */
  async #checked(pem: string, old: Certificate): Promise<Certificate> {
    const [successor, ...intermediates] = parseCertificates(pem);
    const authorities = parseCertificates(await readOwnFile(`${this.#options.data}/ca.crt`));
    const timeMs = this.#clock.now();
    const name = identityOf(old);
    await verifyCertificate(successor, {
      ...{ authorities, intermediates, purpose: "server", name, timeMs },
    });
    if (successor.notAfterMs >= old.notAfterMs) return successor;
    throw new DariError("data", "the certificate that was given ends before this one");
  }
}
