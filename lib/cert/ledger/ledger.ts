/**
 * The ledger: every certificate that an authority has issued, and which of them are revoked.
 *
 * @module
 */

import { type Clock, systemClock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import type { Store } from "../../store/store.ts";
import { type Change, decideAll, type Decided, independentLength } from "./change.ts";
import type { IssuedEvent, LedgerEntry, LedgerEvent, RevocationReason } from "./event.ts";
import type { EventLog } from "./event_log.ts";
import { AuthorityGuard } from "./authority_guard.ts";
import { FileLog } from "./file_log.ts";
import { FileMove } from "./file_move.ts";
import { checkIssue, refuseAuthority } from "./refusals.ts";
import type { StoreOpener } from "./lazy_store.ts";
import { StoreFile } from "./store_file.ts";
import { StoreLog } from "./store_log.ts";

/** What {@linkcode openStoreLedger} takes beside the store. */
export interface StoreLedgerOptions {
  /**
   * The data directory; a `certificates.jsonl` in it is moved into the store, and the ledger fails
   * where it does not know the authorities of `ca.crt`.
   */
  readonly directory?: string | undefined;
  /** The store's file, where it is in one; the ledger fails once that is removed or replaced. */
  readonly storeFile?: string | undefined;
  /** Where the time comes from. */
  readonly clock?: Clock | undefined;
}

/**
 * Opens the ledger in a store. Nothing is read or made yet.
 *
 * @param store The store, which you close after the ledger; or a function that opens it when it is
 * needed, and then the ledger closes it.
 * @param options The data directory whose file is taken over, and the clock.
 * @returns The ledger; several processes may have the same one open.
 *
 * @example
 * ```ts
 * import { initAuthority, openStoreLedger } from "@dari/dari/cert";
 * import { openSqliteStore } from "@dari/dari/store";
 * import { assertEquals } from "@std/assert";
 *
 * const directory = await Deno.makeTempDir();
 * await Deno.chmod(directory, 0o700);
 * await using store = await openSqliteStore(`${directory}/dari.db`);
 * await using ledger = openStoreLedger(store, { directory });
 * const { serial } = await initAuthority(directory, { ledger });
 * assertEquals((await ledger.entry(serial)).purposes, ["authority"]);
 * ```
 */
export function openStoreLedger(
  store: Store | StoreOpener,
  { directory, storeFile, clock = systemClock }: StoreLedgerOptions = {},
): Ledger {
  const move = directory === undefined ? undefined : new FileMove(directory, clock);
  const guard = directory === undefined
    ? undefined
    : new AuthorityGuard(directory, storeFile ?? "The ledger in the store");
  const file = storeFile === undefined ? undefined : new StoreFile(storeFile);
  return new Ledger(new StoreLog({ store, move, file, guard, clock }), clock);
}

/**
 * Opens the ledger in a data directory's file, for a program that has no store. Nothing is read or
 * made yet; later uses fail with `configuration` where the directory has a store, which then holds
 * the ledger.
 *
 * @param directory The data directory.
 * @param clock Where the time comes from.
 * @returns The ledger; several processes may have the same one open.
 *
 * @example
 * ```ts
 * import { initAuthority, openFileLedger } from "@dari/dari/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const directory = await Deno.makeTempDir();
 * await Deno.chmod(directory, 0o700);
 * const ledger = openFileLedger(directory);
 * await initAuthority(directory, { ledger });
 * assertEquals((await ledger.entries()).length, 1);
 * ```
 */
export function openFileLedger(directory: string, clock: Clock = systemClock): Ledger {
  return new Ledger(new FileLog(directory, clock), clock);
}

/**
 * The certificates of an authority: {@linkcode openStoreLedger} or {@linkcode openFileLedger} opens
 * one.
 *
 * @example
 * ```ts
 * import { type Ledger, openStoreLedger } from "@dari/dari/cert";
 * import { createMemoryStore } from "@dari/dari/store";
 * import { assertEquals } from "@std/assert";
 *
 * await using store = createMemoryStore();
 * await using ledger: Ledger = openStoreLedger(store);
 * await ledger.recordIssued({
 *   serial: "4a0d",
 *   authority: "aa",
 *   subject: "CN=api.internal",
 *   names: ["api.internal"],
 *   purposes: ["server"],
 *   notBeforeMs: Date.now(),
 *   notAfterMs: Date.now() + 60_000,
 * });
 * const { revoked } = await ledger.revoke("4A:0D", "superseded");
 * assertEquals(revoked?.reason, "superseded");
 * ```
 */
export class Ledger implements AsyncDisposable {
  /** Where its events are kept. */
  readonly log: EventLog;
  readonly #clock: Clock;
  readonly #waiting: Change[] = [];
  #writing = false;

  /**
   * Makes a ledger over a log.
   *
   * @param log Where its events are kept; the ledger disposes of it.
   * @param clock Where the time comes from.
   */
  constructor(log: EventLog, clock: Clock = systemClock) {
    this.log = log;
    this.#clock = clock;
  }

  /**
   * Reads the whole ledger.
   *
   * @returns Every certificate, in the order in which they were issued.
   * @throws {DariError} `data` when it is damaged, `io` or `unavailable` when it cannot be read.
   */
  async entries(): Promise<LedgerEntry[]> {
    await this.log.refresh();
    return [...this.log.entries.values()];
  }

  /**
   * Looks one certificate up.
   *
   * @param serial A serial number in hexadecimal; colons, capitals and leading zeros do not matter.
   * @returns The certificate's entry.
   * @throws {DariError} `not_found` when the ledger does not know it.
   */
  async entry(serial: string): Promise<LedgerEntry> {
    await this.log.refresh();
    return this.#find(serial);
  }

  /**
   * Records a certificate, before anyone gets to see it.
   *
   * @param event Its facts.
   * @returns Once the record has reached the disk.
   * @throws {DariError} `already_exists` when the serial is taken, `failed_precondition` when its key
   * is revoked, or the certificate that it replaces is revoked or replaced already.
   */
  recordIssued(event: Omit<IssuedEvent, "event" | "atMs">): Promise<void> {
    const { serial, replaces } = event;
    const touches = replaces === undefined ? [serial] : [serial, `renewal of ${replaces}`];
    return this.#change(touches, () => {
      checkIssue(this.log.entries, event);
      return { event: "issued", atMs: this.#clock.now(), ...event };
    });
  }

  /**
   * Records that a certificate is no longer to be trusted. Unless the reason is `superseded`, its key
   * is revoked with it: every other certificate of that key, and every one that is issued for it later
   * ({@linkcode concernsKey}). A superseded certificate takes those with it that it was renewed from.
   *
   * @param serial Its serial number, as {@linkcode Ledger.entry} takes it.
   * @param reason Why.
   * @returns Its entry, once the record has reached the disk.
   * @throws {DariError} `not_found` when the ledger does not know it, `already_exists` when it is
   * revoked already, `failed_precondition` when it is an authority's own: peers trust that by their
   * copy of `ca.crt`, whatever the ledger says.
   */
  async revoke(serial: string, reason: RevocationReason = "unspecified"): Promise<LedgerEntry> {
    await this.entry(serial); // an unknown one leaves no file behind
    await this.#change("everything", () => {
      const entry = this.#find(serial);
      refuseAuthority(entry);
      if (entry.revoked !== undefined && !this.log.entries.isNews({ ...entry, reason })) {
        const since = new Date(entry.revoked.atMs).toISOString();
        throw new DariError("already_exists", `Serial ${entry.serial} is revoked since ${since}`);
      }
      return { event: "revoked", atMs: this.#clock.now(), serial: entry.serial, reason };
    });
    return this.#find(serial);
  }

  /**
   * Gives a revocation list its number, which is higher than that of each list before.
   *
   * @param authority The key identifier of the authority that signs the list, in hexadecimal.
   * @param leastNumber The lowest number that it may get.
   * @returns Its number, once the record has reached the disk.
   */
  async recordList(authority: string, leastNumber = 1n): Promise<bigint> {
    let number = leastNumber;
    await this.#change([`list of ${authority}`], () => {
      const last = this.log.entries.listNumber(authority);
      number = last < leastNumber ? leastNumber : last + 1n;
      return { event: "listed", atMs: this.#clock.now(), authority, number: number.toString(16) };
    });
    return number;
  }

  /**
   * Gives the certificates that have the key of this one.
   *
   * @param serial Its serial number, as {@linkcode Ledger.entry} takes it.
   * @returns Their entries and its own, in the order of issue.
   * @throws {DariError} `not_found` when the ledger does not know it.
   */
  async entriesOfSameKey(serial: string): Promise<LedgerEntry[]> {
    const entry = await this.entry(serial);
    return this.log.entries.ofSameKey(entry.serial);
  }

  /** Lets go of the store, where the ledger has opened it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.log[Symbol.asyncDispose]();
  }

  #find(serial: string): LedgerEntry {
    const plain = serial.replaceAll(":", "").toLowerCase().replace(/^0+(?=.)/, "");
    const entry = this.log.entries.get(plain);
    if (entry === undefined) {
      throw new DariError("not_found", `The ledger has no certificate with serial "${serial}"`);
    }
    return entry;
  }

  #change(touches: Change["touches"], decide: () => LedgerEvent): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ touches, decide, resolve, reject });
      if (!this.#writing) this.#write();
    });
  }

  /** One write for everything that came in during the last one and does not depend on each other. */
  async #write(): Promise<void> {
    this.#writing = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, independentLength(this.#waiting));
      let decided: Decided = { accepted: [], refused: new Map(), events: [] };
      try {
        await this.log.append(() => {
          decided = decideAll(batch); // the log may ask again: the last answer is the one that counts
          return decided.events;
        });
        for (const change of decided.accepted) change.resolve();
        for (const [change, reason] of decided.refused) change.reject(reason);
      } catch (error) {
        for (const change of batch) change.reject(error);
      }
    }
    this.#writing = false;
  }
}
