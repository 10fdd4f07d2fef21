/**
 * What the events of a ledger add up to.
 *
 * Certificates are revoked by their key. A family is all certificates of one key: those whose events
 * name the same key, and where events are of a version that did not record keys, those that were
 * renewed from each other, since renewal keeps the key.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import {
  concernsKey,
  type IssuedEvent,
  type LedgerEntry,
  type LedgerEvent,
  type ListedEvent,
  type RevocationReason,
  type RevokedEvent,
} from "./event.ts";

/** When something was revoked and why. */
interface Revocation {
  readonly atMs: number;
  readonly reason: RevocationReason;
}

/** The certificates of one key. */
interface Family {
  /** The key's identifier, where an event names it. */
  key?: string;
  /** Their serials, in the order of issue. */
  readonly serials: string[];
  /** Set once the key is revoked, and with it every certificate that it gets. */
  revoked?: Revocation | undefined;
}

/**
 * Certificates by serial, in the order of issue; events are only ever added.
 *
 * @example
 * ```ts
 * import { type LedgerEntries, openStoreLedger } from "@dari/dari/cert";
 * import { createMemoryStore } from "@dari/dari/store";
 * import { assertEquals } from "@std/assert";
 *
 * await using store = createMemoryStore();
 * const { log } = openStoreLedger(store);
 * await log.refresh();
 * const entries: LedgerEntries = log.entries;
 * assertEquals([entries.size, entries.has("4a0d")], [0, false]);
 * ```
 */
export class LedgerEntries {
  readonly #entries = new Map<string, LedgerEntry>();
  /** The family of each leaf, by its serial. An authority's own certificate has none. */
  readonly #families = new Map<string, Family>();
  readonly #byKey = new Map<string, Family>();
  /** The highest number of a revocation list, by the authority's key identifier. */
  readonly #listNumbers = new Map<string, bigint>();

  /** How many certificates there are. */
  get size(): number {
    return this.#entries.size;
  }

  /** The certificate of a serial, in lower-case hexadecimal without leading zeros. */
  get(serial: string): LedgerEntry | undefined {
    return this.#entries.get(serial);
  }

  /** Whether a serial is taken. */
  has(serial: string): boolean {
    return this.#entries.has(serial);
  }

  /** Every certificate. */
  values(): IterableIterator<LedgerEntry> {
    return this.#entries.values();
  }

  /** The certificates that have the key of this one, and itself. */
  ofSameKey(serial: string): LedgerEntry[] {
    const serials = this.#families.get(serial)?.serials ?? [serial];
    return serials.map((one) => this.#entries.get(one)).filter((entry) => entry !== undefined);
  }

  /** Whether a key is revoked. */
  isKeyRevoked(key: string): boolean {
    return this.#byKey.get(key)?.revoked !== undefined;
  }

  /** The highest number that an authority's revocation lists have; 0 where it has made none. */
  listNumber(authority: string): bigint {
    return this.#listNumbers.get(authority) ?? 0n;
  }

  /** The newest of the certificates that a certificate was renewed as; itself where there is none. */
  lastRenewal(entry: LedgerEntry): LedgerEntry {
    let last = entry;
    for (const seen = new Set([entry.serial]); last.replacedBy !== undefined;) {
      const next = this.#entries.get(last.replacedBy);
      if (next === undefined || seen.has(next.serial)) break;
      seen.add(next.serial);
      last = next;
    }
    return last;
  }

  /** Whether a revocation would revoke anything that is not revoked yet. */
  isNews({ serial, reason }: { serial: string; reason: RevocationReason }): boolean {
    if (this.#entries.get(serial)?.revoked === undefined) return true;
    const family = this.#families.get(serial);
    return concernsKey(reason) && family !== undefined && family.revoked === undefined;
  }

  /**
   * Adds one event.
   *
   * @throws {DariError} `data` when it contradicts what is known.
   */
  apply(event: LedgerEvent): void {
    if (event.event === "revoked") this.#revoke(event);
    else if (event.event === "issued") this.#issue(event);
    else this.#list(event);
  }

  /** The same certificates, to which events can be added apart. */
  copy(): LedgerEntries {
    const copy = new LedgerEntries();
    for (const [serial, entry] of this.#entries) copy.#entries.set(serial, entry);
    for (const family of new Set(this.#families.values())) {
      const twin = { ...family, serials: [...family.serials] };
      for (const serial of twin.serials) copy.#families.set(serial, twin);
      if (twin.key !== undefined) copy.#byKey.set(twin.key, twin);
    }
    for (const [authority, number] of this.#listNumbers) copy.#listNumbers.set(authority, number);
    return copy;
  }

  /** Forgets everything. */
  clear(): void {
    this.#entries.clear();
    this.#families.clear();
    this.#byKey.clear();
    this.#listNumbers.clear();
  }

  #issue({ event: _, ...entry }: IssuedEvent): void {
    if (this.#entries.has(entry.serial)) {
      throw new DariError("data", "it issues the same serial again");
    }
    this.#entries.set(entry.serial, entry);
    const replaced = entry.replaces === undefined ? undefined : this.#entries.get(entry.replaces);
    if (replaced !== undefined) {
      this.#entries.set(replaced.serial, { ...replaced, replacedBy: entry.serial });
    }
    if (entry.purposes.includes("authority")) return;
    const family = this.#familyFor(entry);
    family.serials.push(entry.serial);
    this.#families.set(entry.serial, family);
    if (family.revoked !== undefined) this.#mark(entry.serial, family.revoked);
  }

  #familyFor({ key, replaces }: LedgerEntry): Family {
    const older = replaces === undefined ? undefined : this.#families.get(replaces);
    const renewed = older?.key === undefined || key === undefined || older.key === key
      ? older
      : undefined; // it takes the older one's place with a key of its own
    const known = key === undefined ? undefined : this.#byKey.get(key);
    const family = known ?? renewed ?? { serials: [] };
    if (renewed !== undefined && renewed !== family) this.#merge(renewed, family);
    if (key !== undefined && family.key === undefined) {
      family.key = key;
      this.#byKey.set(key, family);
    }
    return family;
  }

  /** Two families turn out to have the same key. */
  #merge(from: Family, into: Family): void {
    into.serials.unshift(...from.serials);
    into.revoked ??= from.revoked;
    for (const serial of from.serials) this.#families.set(serial, into);
    if (into.revoked === undefined) return;
    for (const serial of into.serials) this.#mark(serial, into.revoked);
  }

  #revoke({ serial, atMs, reason }: RevokedEvent): void {
    if (!this.#entries.has(serial)) throw new DariError("data", "it revokes what was never issued");
    const revocation = { atMs, reason };
    const family = this.#families.get(serial);
    if (family === undefined) return this.#mark(serial, revocation);
    if (!concernsKey(reason)) return this.#markChain(serial, family, revocation);
    family.revoked ??= revocation;
    for (const one of family.serials) this.#mark(one, family.revoked);
  }

  #list({ authority, number }: ListedEvent): void {
    const next = BigInt(`0x${number}`);
    if (next > this.listNumber(authority)) this.#listNumbers.set(authority, next);
  }

  /** What a superseded certificate was renewed from is superseded as well. */
  #markChain(serial: string, family: Family, revocation: Revocation): void {
    const seen = new Set<string>();
    let one: string | undefined = serial;
    while (one !== undefined && !seen.has(one) && this.#families.get(one) === family) {
      seen.add(one);
      this.#mark(one, revocation);
      one = this.#entries.get(one)?.replaces;
    }
  }

  #mark(serial: string, revoked: Revocation): void {
    const entry = this.#entries.get(serial);
    // The first revocation counts: it is the one that peers have acted on.
    if (entry !== undefined && entry.revoked === undefined) {
      this.#entries.set(serial, { ...entry, revoked });
    }
  }
}
