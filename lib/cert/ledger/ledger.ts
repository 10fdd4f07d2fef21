/**
 * The ledger: every certificate that an authority has issued, and which of them are revoked.
 *
 * @module
 */

import { type Clock, systemClock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import type { IssuedEvent, LedgerEntry, LedgerEvent, RevocationReason } from "./event.ts";
import { LedgerFile } from "./file.ts";

/** One change that waits for the file. */
interface Change {
  readonly decide: () => LedgerEvent;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** A ledger in a data directory; several processes may have the same one open. */
export class Ledger {
  readonly #file: LedgerFile;
  readonly #clock: Clock;
  #waiting: Change[] = [];
  #writing = false;

  /**
   * Opens a ledger; nothing is read or made yet.
   *
   * @param directory The data directory.
   * @param clock Where the time comes from.
   */
  constructor(directory: string, clock: Clock = systemClock) {
    this.#file = new LedgerFile(`${directory}/certificates.jsonl`);
    this.#clock = clock;
  }

  /**
   * Reads the whole ledger.
   *
   * @returns Every certificate, in the order in which they were issued.
   * @throws {DariError} `data` when the file is damaged, `io` when it cannot be read.
   */
  entries(): LedgerEntry[] {
    this.#file.refresh();
    return [...this.#file.entries.values()];
  }

  /**
   * Looks one certificate up.
   *
   * @param serial A serial number in hexadecimal; colons, capitals and leading zeros do not matter.
   * @returns The certificate's entry.
   * @throws {DariError} `not_found` when the ledger does not know it.
   */
  entry(serial: string): LedgerEntry {
    this.#file.refresh();
    return this.#find(serial);
  }

  /**
   * Records a certificate, before anyone gets to see it.
   *
   * @param event Its facts.
   * @returns Once the record has reached the disk.
   * @throws {DariError} `already_exists` when the serial is taken.
   */
  recordIssued(event: Omit<IssuedEvent, "event" | "atMs">): Promise<void> {
    return this.#change(() => {
      if (this.#file.entries.has(event.serial)) {
        throw new DariError("already_exists", `Serial ${event.serial} is taken; try again`);
      }
      return { event: "issued", atMs: this.#clock.now(), ...event };
    });
  }

  /**
   * Records that a certificate, and those that it was renewed from, are no longer to be trusted.
   *
   * @param serial Its serial number, as {@linkcode Ledger.entry} takes it.
   * @param reason Why.
   * @returns Its entry, once the record has reached the disk.
   * @throws {DariError} `not_found` when the ledger does not know it, `already_exists` when it is
   * revoked already.
   */
  async revoke(serial: string, reason: RevocationReason = "unspecified"): Promise<LedgerEntry> {
    this.entry(serial); // an unknown one leaves no file behind
    await this.#change(() => {
      const entry = this.#find(serial);
      if (entry.revoked !== undefined) {
        const since = new Date(entry.revoked.atMs).toISOString();
        throw new DariError("already_exists", `Serial ${entry.serial} is revoked since ${since}`);
      }
      return { event: "revoked", atMs: this.#clock.now(), serial: entry.serial, reason };
    });
    return this.#find(serial);
  }

  #find(serial: string): LedgerEntry {
    const plain = serial.replaceAll(":", "").toLowerCase().replace(/^0+(?=.)/, "");
    const entry = this.#file.entries.get(plain);
    if (entry === undefined) {
      throw new DariError("not_found", `The ledger has no certificate with serial "${serial}"`);
    }
    return entry;
  }

  #change(decide: () => LedgerEvent): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ decide, resolve, reject });
      if (!this.#writing) this.#write();
    });
  }

  /** One lock, one write and one sync for everything that came in during the last one. */
  async #write(): Promise<void> {
    this.#writing = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      let accepted: Change[] = [];
      try {
        await this.#file.append(() => {
          const decided = decideAll(batch);
          accepted = decided.accepted;
          return decided.events;
        });
        for (const change of accepted) change.resolve();
      } catch (error) {
        for (const change of batch) change.reject(error);
      }
    }
    this.#writing = false;
  }
}

/** Asks every change for its event; one that refuses does not stop the others. */
function decideAll(batch: readonly Change[]): { accepted: Change[]; events: LedgerEvent[] } {
  const accepted: Change[] = [];
  const events: LedgerEvent[] = [];
  const serials = new Set<string>();
  for (const change of batch) {
    try {
      const event = change.decide();
      const key = `${event.event} ${event.serial}`;
      if (serials.has(key)) {
        throw new DariError("already_exists", `Serial ${event.serial} is ${event.event} already`);
      }
      serials.add(key);
      events.push(event);
      accepted.push(change);
    } catch (error) {
      change.reject(error);
    }
  }
  return { accepted, events };
}
