/**
 * New certificates for a listener that runs: when their files change, and before its own grows old.
 *
 * @module
 */

import { type Clock, systemClock } from "../../base/clock.ts";
import { reasonOf } from "../../base/files.ts";
import { limits } from "../../base/limits.ts";
import { parseCertificates } from "../x509/certificate.ts";
import type { Listener } from "../../transport/connection.ts";
import type { TlsCredentials } from "../../transport/tls/node/node_tls_listen.ts";

/** What {@linkcode CertificateUpkeep} works on. */
export interface UpkeepOptions {
  /** The files to look at for a change. */
  readonly files: readonly string[];
  /** Whether `load` renews what has grown old. */
  readonly renews: boolean;
  /** Gives what is there now. */
  readonly load: () => Promise<TlsCredentials>;
  /** Takes it into use; throws or rejects, and keeps the old, where it cannot be used. */
  readonly reload: (credentials: TlsCredentials) => void | Promise<void>;
  /** Told what happened. */
  readonly tell: (line: string, level: "info" | "warn") => void;
  /** Where the time comes from. */
  readonly clock?: Clock | undefined;
  /** Gives numbers from 0 to less than 1; spreads the renewals of servers that started together. */
  readonly random?: (() => number) | undefined;
}

/** Keeps the certificate of a listener fresh until it is disposed of. */
export class CertificateUpkeep implements Disposable {
  readonly #options: UpkeepOptions;
  readonly #clock: Clock;
  /** Of no file at first: one may have changed while the listener was being opened. */
  #stamp = "";
  #inUse: TlsCredentials;
  #renewAtMs: number;
  #isBusy = false;
  readonly #timer: ReturnType<typeof setInterval>;

  /**
   * @param options What it works on.
   * @param inUse What the listener uses now.
   */
  constructor(options: UpkeepOptions, inUse: TlsCredentials) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#inUse = inUse;
    this.#renewAtMs = this.#renewalOf(inUse);
    this.#timer = setInterval(() => this.look(), limits.certificateFileCheckMs);
    Deno.unrefTimer(this.#timer); // a program whose work is done may end
  }

  /** Looks whether something is to be done, and does it. Never rejects. */
  async look(): Promise<void> {
    if (this.#isBusy) return;
    const { files, load, reload, tell } = this.#options;
    const stamp = stampOf(files);
    const isDue = this.#clock.now() >= this.#renewAtMs;
    if (stamp === this.#stamp && !isDue) return;
    this.#isBusy = true;
    try {
      const credentials = await load();
      this.#renewAtMs = this.#renewalOf(credentials);
      if (isSame(credentials, this.#inUse)) return;
      await reload(credentials);
      this.#inUse = credentials;
      tell("The server has taken up a new certificate", "info");
    } catch (error) {
      this.#renewAtMs = this.#clock.now() + limits.renewalRetryMs;
      tell(`The server keeps its old certificate: ${reasonOf(error)}`, "warn");
    } finally {
      this.#stamp = stamp;
      this.#isBusy = false;
    }
  }

  /** Stops looking. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  /** When two thirds of its life are over and a little more; never too soon after now. */
  #renewalOf({ cert }: TlsCredentials): number {
    if (!this.#options.renews) return Infinity;
    const { random = Math.random } = this.#options;
    const [{ notBeforeMs, notAfterMs }] = parseCertificates(cert);
    const share = limits.renewAfterLifeShare + limits.renewalJitterShare * random();
    const dueMs = notBeforeMs + (notAfterMs - notBeforeMs) * share;
    // Where nothing newer was to be had, for want of a passphrase, asking at once again is no use.
    const now = this.#clock.now();
    return dueMs > now ? dueMs : now + limits.renewalRetryMs;
  }
}

/**
 * Looks after a listener's certificate until the listener is closed.
 *
 * @param listener The listener.
 * @param options How to find and to use a new one.
 * @param inUse What it uses now.
 * @returns The listener.
 */
export function withUpkeep(
  listener: Listener,
  options: UpkeepOptions,
  inUse: TlsCredentials,
): Listener {
  const upkeep = new CertificateUpkeep(options, inUse);
  return {
    address: listener.address,
    close(): void {
      upkeep[Symbol.dispose]();
      listener.close();
    },
    [Symbol.asyncIterator]: () => listener[Symbol.asyncIterator](),
  };
}

function isSame(a: TlsCredentials, b: TlsCredentials): boolean {
  return a.cert === b.cert && a.key === b.key && a.clientCa === b.clientCa;
}

/** Changes whenever one of the files was written or replaced. */
function stampOf(files: readonly string[]): string {
  return files.map((path) => {
    try {
      const { mtime, size, ino } = Deno.statSync(path);
      return `${mtime?.getTime()} ${size} ${ino}`;
    } catch {
      return "gone"; // for a moment, or until the load says so
    }
  }).join();
}
