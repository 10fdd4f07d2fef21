/**
 * The end of a server that the cluster has put out: by the revocation of its certificate.
 *
 * Clients of the cluster know a server by that certificate alone and read no revocation list of servers,
 * so it is the server that has to stop.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { fileStamp } from "../../base/file/file_state.ts";
import { readOwnFile } from "../../base/file/files.ts";
import { limits } from "../../base/limits.ts";
import { parseCertificates } from "../../cert/mod.ts";
import { joinedPair } from "../cluster/joined_directory.ts";

/** What {@linkcode RevokedWatch} works with. */
export interface RevokedWatchOptions {
  /** The data directory. */
  readonly data: string;
  /**
   * Whether the cluster's ledger has a certificate as revoked.
   *
   * @throws {DariError} Where the ledger cannot be read now.
   */
  readonly isRevoked: (certificate: { readonly serial: string }) => boolean;
  /** Hears that it is. */
  readonly onRevoked: (error: DariError) => void;
}

/** Looks every second whether the certificate of a server that has joined is revoked. */
export class RevokedWatch implements Disposable {
  readonly #options: RevokedWatchOptions;
  readonly #timer: ReturnType<typeof setInterval>;
  /** What the certificate's file was when it was read, and the serial number in it. */
  #read: { readonly stamp: string; readonly serial: string | undefined } | undefined;

  /**
   * Begins.
   *
   * @param options The directory, what tells of revocations, and who hears of this one.
   */
  constructor(options: RevokedWatchOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.#tick(), limits.certificateFileCheckMs);
    Deno.unrefTimer(this.#timer); // a program whose work is done may end
  }

  /**
   * Looks now.
   *
   * @throws {DariError} `failed_precondition` where the certificate is revoked; what reading it and the
   * ledger throws.
   */
  async look(): Promise<void> {
    const serial = await this.#serial();
    if (serial === undefined || !this.#options.isRevoked({ serial })) return;
    throw new DariError(
      "failed_precondition",
      `The certificate of this server (serial ${serial}) is revoked: it is no longer a server of the ` +
        "cluster. To bring it back, remove its data directory and join again (dari invite NAME --cluster " +
        "at another server, dari join here)",
    );
  }

  /** Ends. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  async #tick(): Promise<void> {
    try {
      await this.look();
    } catch (error) {
      // What cannot be read now may be there at the next look.
      if (error instanceof DariError && error.code === "failed_precondition") {
        this.#options.onRevoked(error);
      }
    }
  }

  async #serial(): Promise<string | undefined> {
    const { data } = this.#options;
    const stamp = fileStamp(`${data}/server.crt`);
    if (this.#read?.stamp !== stamp) {
      const files = await joinedPair(data);
      const serial = files && parseCertificates(await readOwnFile(files.cert))[0].serial;
      this.#read = { stamp, serial };
    }
    return this.#read.serial;
  }
}
