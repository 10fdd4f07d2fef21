/**
 * Revocation lists of the authorities of a server's clients: read from a file that may change.
 *
 * @see RFC 5280 section 6.3
 * @module
 */

import { type Clock, systemClock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { fileStamp } from "../../base/file/file_state.ts";
import { reasonOf } from "../../base/file/files.ts";
import { limits } from "../../base/limits.ts";
import type { WriteLog } from "../../base/text/write_log.ts";
import { verifySignature } from "../key/signature.ts";
import type { CertificatePath } from "../path/verify.ts";
import { type Certificate, sameBytes } from "../x509/certificate.ts";
import { formatName } from "../x509/distinguished_name.ts";
import { parseRevocationLists, type RevocationList } from "../x509/revocation_list.ts";

/** A file of revocation lists, PEM or DER; a running server takes up a new one. */
export interface RevocationListFile {
  /** Its path. */
  readonly file: string;
}

/** What {@linkcode ClientRevocations} works with. */
export interface ClientRevocationsOptions {
  /** Where the lists are. */
  readonly file: string;
  /** Hears of new lists, of those that cannot be used, and of those that are out of date. */
  readonly tell: WriteLog;
  /** Where the time comes from. */
  readonly clock?: Clock | undefined;
}

/** The lists of one reading of the file. */
interface Loaded {
  readonly stamp: string;
  readonly lists: readonly RevocationList[];
}

/**
 * Says whether certificates of a path are on a revocation list of their issuer. It fails closed: a
 * list that is out of date or whose signature is wrong refuses all certificates of its issuer. An
 * issuer without a list is not checked. The file is looked at again with the next question, at most
 * every `limits.certificateFileCheckMs`; a new file that cannot be used leaves the old lists in use.
 */
export class ClientRevocations {
  readonly #options: ClientRevocationsOptions;
  readonly #clock: Clock;
  #loaded: Loaded;
  #lookedMs: number;
  #isLoading = false;
  /** Which issuers' signatures on a list were checked, and whether they are right. */
  readonly #checked = new WeakMap<RevocationList, WeakMap<Certificate, boolean>>();
  /** The lists that were said to be out of date. */
  readonly #told = new WeakSet<RevocationList>();

  private constructor(options: ClientRevocationsOptions, loaded: Loaded) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#loaded = loaded;
    this.#lookedMs = this.#clock.monotonic();
    this.#tellOutOfDate();
  }

  /**
   * Reads the lists.
   *
   * @param options Where they are.
   * @throws {DariError} `io` when the file cannot be read, `data` when a list cannot be used.
   */
  static async open(options: ClientRevocationsOptions): Promise<ClientRevocations> {
    return new ClientRevocations(options, await load(options.file));
  }

  /**
   * Checks a path whose signatures are right.
   *
   * @param path The leaf first, the trusted authority last.
   * @returns Why it is refused; `undefined` where no list speaks against it.
   */
  async check(path: CertificatePath): Promise<string | undefined> {
    await this.#refresh();
    for (const [issuer, list] of this.#listsFor(path)) await this.#verify(list, issuer);
    return this.faultOf(path);
  }

  /**
   * As {@linkcode check}, at once: for a path that was checked, and is asked for again and again
   * while its connection is open.
   */
  faultOf(path: CertificatePath): string | undefined {
    this.#refresh();
    const nowMs = this.#clock.now();
    for (const [issuer, list, certificate] of this.#listsFor(path)) {
      const isRight = this.#checked.get(list)?.get(issuer);
      const name = formatName(issuer.subject);
      // A new list of an intermediate is verified for the next question.
      if (isRight === undefined) this.#verify(list, issuer);
      if (isRight === false) return `the signature of the revocation list of ${name} is wrong`;
      if (list.nextUpdateMs < nowMs) return outOfDate(list);
      if (list.thisUpdateMs > nowMs) return `the revocation list of ${name} is not valid yet`;
      if (list.revoked.has(certificate.serial)) {
        return `certificate ${certificate.serial} is on the revocation list of ${name}`;
      }
    }
    return undefined;
  }

  /** The lists that are about certificates of a path, with who issued both. */
  *#listsFor(path: CertificatePath): Generator<[Certificate, RevocationList, Certificate]> {
    for (let below = 0; below + 1 < path.length; below++) {
      const issuer = path[below + 1]!;
      for (const list of this.#loaded.lists) {
        if (isAbout(list, issuer)) yield [issuer, list, path[below]!];
      }
    }
  }

  async #verify(list: RevocationList, issuer: Certificate): Promise<void> {
    const known = this.#checked.get(list) ?? new WeakMap<Certificate, boolean>();
    if (known.has(issuer)) return;
    this.#checked.set(list, known);
    const { keyUsage } = issuer.extensions;
    const maySign = keyUsage === undefined || keyUsage.has("cRLSign");
    known.set(issuer, maySign && await verifySignature(list, issuer.publicKey).catch(() => false));
  }

  async #refresh(): Promise<void> {
    const nowMs = this.#clock.monotonic();
    if (this.#isLoading || nowMs - this.#lookedMs < limits.certificateFileCheckMs) return;
    this.#lookedMs = nowMs;
    this.#tellOutOfDate();
    const { file, tell } = this.#options;
    if (fileStamp(file) === this.#loaded.stamp) return;
    this.#isLoading = true;
    try {
      const fresh = await load(file);
      refuseOlder(fresh.lists, this.#loaded.lists);
      this.#loaded = fresh;
      tell(`The server has taken up the revocation lists of "${file}"`, "info");
      this.#tellOutOfDate();
    } catch (error) {
      this.#loaded = { ...this.#loaded, stamp: fileStamp(file) }; // until it changes again
      tell(`The server keeps its old revocation lists: ${reasonOf(error)}`, "warn");
    } finally {
      this.#isLoading = false;
    }
  }

  #tellOutOfDate(): void {
    for (const list of this.#loaded.lists) {
      if (list.nextUpdateMs >= this.#clock.now() || this.#told.has(list)) continue;
      this.#told.add(list);
      this.#options.tell(`${outOfDate(list)}: its certificates are refused`, "warn");
    }
  }
}

function isAbout(list: RevocationList, issuer: Certificate): boolean {
  if (!sameBytes(list.issuer.der, issuer.subject.der)) return false;
  const { subjectKeyId } = issuer.extensions;
  return list.authorityKeyId === undefined || subjectKeyId === undefined ||
    list.authorityKeyId === subjectKeyId;
}

function outOfDate({ issuer, nextUpdateMs }: RevocationList): string {
  const since = new Date(nextUpdateMs).toISOString();
  return `the revocation list of ${formatName(issuer)} is out of date since ${since}`;
}

/** An old file that is put back would un-revoke. */
function refuseOlder(fresh: readonly RevocationList[], old: readonly RevocationList[]): void {
  for (const before of old) {
    const same = fresh.find((list) =>
      sameBytes(list.issuer.der, before.issuer.der) && list.authorityKeyId === before.authorityKeyId
    );
    const name = formatName(before.issuer);
    if (same === undefined) throw new DariError("data", `there is no list of ${name} any more`);
    if (same.thisUpdateMs >= before.thisUpdateMs) continue;
    throw new DariError("data", `the list of ${name} is older than the one in use`);
  }
}

async function load(file: string): Promise<Loaded> {
  const stamp = fileStamp(file);
  try {
    const { isFile, size } = await Deno.stat(file);
    if (!isFile) throw new DariError("configuration", `"${file}" is not a regular file`);
    if (size > limits.maxPemLength) throw new DariError("data", `"${file}" is too large`);
    return { stamp, lists: parseRevocationLists(await Deno.readFile(file)) };
  } catch (cause) {
    if (cause instanceof DariError) {
      throw new DariError(cause.code, `Cannot use "${file}": ${cause.message}`, { cause });
    }
    throw new DariError("io", `Cannot read "${file}": ${reasonOf(cause)}`, { cause });
  }
}
