/**
 * What is lost is not empty: a ledger that was deleted, emptied or cut would take every revoked
 * certificate for a valid one. An authority is recorded before `ca.crt` names it. So where `ca.crt`
 * names one that the ledger does not know, the ledger has lost events.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { checkIsFile } from "../../base/file/file_access.ts";
import { reasonOf } from "../../base/file/files.ts";
import { parseCertificates } from "../x509/certificate.ts";
import type { LedgerEntries } from "./entries.ts";

/** Compares `ca.crt` of a data directory with the ledger. */
export class AuthorityGuard {
  readonly #path: string;
  readonly #ledger: string;
  /** What `#serials` was read from: it changes when the file does. */
  #stamp = "";
  #serials: readonly string[] = [];

  /**
   * @param directory The data directory.
   * @param ledger What the ledger is in, for errors.
   */
  constructor(directory: string, ledger: string) {
    this.#path = `${directory}/ca.crt`;
    this.#ledger = ledger;
  }

  /**
   * Reads which authorities the ledger must know. To be called before the events are read, since an
   * authority may be made in between.
   *
   * @returns Their serials; none where there is no `ca.crt`.
   * @throws {DariError} `configuration` when `ca.crt` is not a regular file, `io` or `data` when it
   * cannot be read.
   */
  expected(): readonly string[] {
    try {
      const status = Deno.statSync(this.#path);
      checkIsFile(this.#path, status); // reading a FIFO would wait for a writer
      const { mtime, size, ino } = status;
      const stamp = `${mtime?.getTime()} ${size} ${ino}`;
      if (stamp !== this.#stamp) {
        const certificates = parseCertificates(Deno.readTextFileSync(this.#path));
        this.#serials = certificates.map(({ serial }) => serial);
        this.#stamp = stamp;
      }
      return this.#serials;
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound) return [];
      if (cause instanceof DariError) throw cause;
      throw new DariError("io", `Cannot read "${this.#path}": ${reasonOf(cause)}`, { cause });
    }
  }

  /**
   * Refuses a ledger that does not know one of them.
   *
   * @param expected What {@linkcode AuthorityGuard.expected} gave before.
   * @param entries What the events add up to.
   * @throws {DariError} `data`, with what to do.
   */
  check(expected: readonly string[], entries: LedgerEntries): void {
    const missing = expected.find((serial) =>
      entries.get(serial)?.purposes.includes("authority") !== true
    );
    if (missing === undefined) return;
    throw new DariError(
      "data",
      `"${this.#ledger}" does not know the authority of "${this.#path}" (serial ${missing}): the ` +
        "ledger was lost or cut, and with it what was revoked. Restore it from a backup; where there " +
        "is none, move ca.crt and ca.key away and make a new authority with dari cert init",
    );
  }
}
