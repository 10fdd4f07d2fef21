/**
 * The certificate that all TLS listeners of a server share: loaded once, watched and renewed by one
 * timer, however many listeners there are.
 *
 * @module
 */

import { delay } from "../../base/abort.ts";
import { type Clock, systemClock } from "../../base/clock.ts";
import { fileStamp } from "../../base/file/file_state.ts";
import { reasonOf } from "../../base/file/files.ts";
import { limits } from "../../base/limits.ts";
import type { WriteLog } from "../../base/text/write_log.ts";
import type { TlsCredentials } from "../../transport/tls/key_pair.ts";
import { parseCertificates } from "../x509/certificate.ts";
import { expiryNotice } from "./expiry_notice.ts";
import type { CertificateSource } from "./certificate_source.ts";

/** Takes a new certificate into use; a listener that cannot keeps the old one and throws or rejects. */
export type UseCredentials = (credentials: TlsCredentials) => void | Promise<void>;

/** What {@linkcode ServerCredentials} works with. */
export interface ServerCredentialsOptions {
  /** Where certificate, key and client authorities come from. */
  readonly source: CertificateSource;
  /** Hears of new certificates, and of those that could not be used. */
  readonly tell: WriteLog;
  /** Where the time comes from. */
  readonly clock?: Clock | undefined;
  /**
   * Gives a text that changes whenever one of the files was written or replaced.
   *
   * @default {modification time, size and inode of each file}
   */
  readonly stampOf?: ((files: readonly string[]) => string) | undefined;
  /** Gives numbers from 0 to less than 1; spreads the renewals of servers that started together. */
  readonly random?: (() => number) | undefined;
}

/** A listener that subscribed, and the credentials that it uses. */
interface Subscriber {
  readonly use: UseCredentials;
  inUse: TlsCredentials;
}

/**
 * Certificate, key and client authorities of a server. Its timer starts with the first subscriber and
 * ends with the last one; in between `look` runs every `limits.certificateFileCheckMs`, one at a time.
 */
export class ServerCredentials {
  readonly #options: ServerCredentialsOptions;
  readonly #clock: Clock;
  /** The last credentials that a listener has taken into use; those of `open` at first. */
  #current: TlsCredentials;
  /** Added by `subscribe`, removed by the function that it returns. */
  readonly #subscribers = new Set<Subscriber>();
  /** The stamp of the last load; empty until the first look: a file may have changed since `open`. */
  #stamp = "";
  #renewAtMs: number;
  /** Until when a certificate that is revoked stays in use for want of another. */
  #keepUntilMs = -Infinity;
  #isLooking = false;
  /** When the end of the certificate is looked at again; a new certificate is looked at at once. */
  #expiryAtMs = -Infinity;
  #timer: ReturnType<typeof setInterval> | undefined;

  private constructor(options: ServerCredentialsOptions, current: TlsCredentials) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#current = current;
    this.#renewAtMs = this.#renewalOf(current);
  }

  /**
   * Loads the certificate.
   *
   * @param options Where it comes from.
   * @throws {DariError} What the source's `load` throws.
   */
  static async open(options: ServerCredentialsOptions): Promise<ServerCredentials> {
    return new ServerCredentials(options, await options.source.load());
  }

  /** The credentials for a new listener. */
  get current(): TlsCredentials {
    return this.#current;
  }

  /**
   * Gives a listener each new certificate.
   *
   * @param use Takes it into use.
   * @param inUse The credentials that the listener was opened with.
   * @returns Ends the subscription.
   */
  subscribe(use: UseCredentials, inUse: TlsCredentials): () => void {
    const subscriber: Subscriber = { use, inUse };
    this.#subscribers.add(subscriber);
    if (inUse !== this.#current) this.#stamp = ""; // the next look brings it up to date
    if (this.#timer === undefined) {
      this.#tellExpiry();
      this.#timer = setInterval(() => this.#tick(), limits.certificateFileCheckMs);
      Deno.unrefTimer(this.#timer); // a program whose work is done may end
    }
    return () => {
      this.#subscribers.delete(subscriber);
      if (this.#subscribers.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  /**
   * Loads the certificate again when a file has changed, it is due for renewal or it was revoked, and
   * gives it to the subscribers. Never rejects.
   */
  async look(): Promise<void> {
    if (this.#isLooking) return;
    const { source, stampOf = stampOfFiles } = this.#options;
    const stamp = stampOf(source.files);
    this.#isLooking = true;
    try {
      const isDue = stamp !== this.#stamp || this.#clock.now() >= this.#renewAtMs;
      if (isDue || await this.#isRevoked()) await this.#load(stamp);
    } catch (error) {
      this.#keepOld(error);
    } finally {
      this.#isLooking = false;
    }
  }

  /**
   * Loads the certificate again, whether a file has changed or not, and says what became of it. Never
   * rejects.
   */
  async reload(): Promise<void> {
    const { source: { files }, stampOf = stampOfFiles, tell } = this.#options;
    if (files.length === 0) return;
    while (this.#isLooking) await delay(limits.reloadRetryMs);
    this.#isLooking = true;
    try {
      const hasChanged = await this.#load(stampOf(files));
      if (!hasChanged) tell("The server's certificate has not changed", "info");
    } catch (error) {
      this.#keepOld(error);
    } finally {
      this.#isLooking = false;
    }
  }

  /** @returns Whether it is another one than some listener uses. */
  async #load(stamp: string): Promise<boolean> {
    this.#stamp = stamp;
    const fresh = await this.#options.source.load();
    this.#renewAtMs = this.#renewalOf(fresh);
    return await this.#distribute(fresh);
  }

  async #tick(): Promise<void> {
    // Text that the program gave never changes.
    if (this.#options.source.files.length > 0) await this.look();
    this.#tellExpiry();
  }

  /** Says at the start and once a day that the certificate has expired or will soon. */
  #tellExpiry(): void {
    const nowMs = this.#clock.now();
    if (nowMs < this.#expiryAtMs) return;
    this.#expiryAtMs = nowMs + limits.expiryNoticeIntervalMs;
    const notice = expiryNotice("The server's certificate", this.#current.cert, nowMs);
    if (notice !== undefined) this.#options.tell(notice, "warn");
  }

  async #isRevoked(): Promise<boolean> {
    const { isRevoked } = this.#options.source;
    if (isRevoked === undefined || this.#clock.now() < this.#keepUntilMs) return false;
    return await isRevoked(this.#current.cert);
  }

  async #distribute(fresh: TlsCredentials): Promise<boolean> {
    const stale = [...this.#subscribers].filter(({ inUse }) => !isSame(inUse, fresh));
    const uses = await Promise.allSettled(stale.map(async (subscriber) => {
      await subscriber.use(fresh);
      subscriber.inUse = fresh;
    }));
    if (uses.some(({ status }) => status === "fulfilled")) {
      this.#current = fresh;
      this.#keepUntilMs = -Infinity;
      this.#expiryAtMs = -Infinity;
      this.#options.tell("The server has taken up a new certificate", "info");
    }
    const failure = uses.find((outcome) => outcome.status === "rejected");
    if (failure !== undefined) this.#keepOld(failure.reason);
    return stale.length > 0;
  }

  #keepOld(error: unknown): void {
    this.#renewAtMs = this.#keepUntilMs = this.#clock.now() + limits.renewalRetryMs;
    this.#options.tell(`The server keeps its old certificate: ${reasonOf(error)}`, "warn");
  }

  /** When two thirds of its life are over and a little more; never too soon after now. */
  #renewalOf({ cert }: TlsCredentials): number {
    if (!this.#options.source.renews) return Infinity;
    const { random = Math.random } = this.#options;
    const [{ notBeforeMs, notAfterMs }] = parseCertificates(cert);
    const share = limits.renewAfterLifeShare + limits.renewalJitterShare * random();
    const dueMs = notBeforeMs + (notAfterMs - notBeforeMs) * share;
    // A load that could not renew, for want of a passphrase, is not repeated at once.
    const nowMs = this.#clock.now();
    return dueMs > nowMs ? dueMs : nowMs + limits.renewalRetryMs;
  }
}

function isSame(a: TlsCredentials, b: TlsCredentials): boolean {
  return a.cert === b.cert && a.key === b.key && a.clientCa === b.clientCa;
}

function stampOfFiles(files: readonly string[]): string {
  return files.map(fileStamp).join();
}
