/**
 * Issuing revocation lists one after the other: what a list needs to know of the one before it is in
 * the data directory.
 *
 * @module
 */

import { type Clock, systemClock } from "../../base/clock.ts";
import { writeFileAtomic } from "../../base/files.ts";
import type { LedgerEntry } from "../ledger/event.ts";
import type { Authority } from "./authority.ts";
import { lockAuthority } from "./directory.ts";
import { makeRevocationList, numberAfter, type PreviousList } from "./revocation_list.ts";

/** The last list of each authority, by its key identifier. */
type ListRecord = Readonly<Record<string, PreviousList>>;

const RECORD_FILE = "ca.crl.json";

/** What {@linkcode issueRevocationLists} works with. */
export interface IssueListsOptions {
  /** The data directory. */
  readonly directory: string;
  /** The authorities: one list each. */
  readonly authorities: readonly Authority[];
  /** The ledger. */
  readonly entries: readonly LedgerEntry[];
  /** Brings the lists, in DER, to where others read them. */
  readonly publish: (lists: readonly Uint8Array<ArrayBuffer>[]) => Promise<void>;
  /** Where the time comes from. */
  readonly clock?: Clock;
}

/**
 * Issues the next revocation list of each authority. Each number is above the one before it, and a
 * revoked certificate stays on the lists until one that was issued after its end has named it. Where
 * the record of the last list is lost, the numbers go on from the time and everything is named again.
 *
 * @param options The authorities, their ledger and where the lists go.
 * @throws {DariError} What {@linkcode IssueListsOptions.publish} throws, and `io` when the record
 * cannot be written.
 * @see RFC 5280 sections 3.3 and 5.2.3
 *
 * @example
 * ```ts
 * import {
 *   initAuthority,
 *   issueRevocationLists,
 *   loadAuthority,
 *   openFileLedger,
 *   parseRevocationList,
 * } from "@dari/dari/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const directory = `${await Deno.makeTempDir()}/data`;
 * await initAuthority(directory);
 * const authorities = [await loadAuthority(directory)];
 * const entries = await openFileLedger(directory).entries();
 * const numbers: number[] = [];
 * const publish = async ([list]: readonly Uint8Array<ArrayBuffer>[]) => {
 *   await Promise.resolve();
 *   numbers.push(parseInt(parseRevocationList(list!).number, 16));
 * };
 * await issueRevocationLists({ directory, authorities, entries, publish });
 * await issueRevocationLists({ directory, authorities, entries, publish });
 * assertEquals(numbers[1], numbers[0]! + 1);
 * ```
 */
export async function issueRevocationLists(options: IssueListsOptions): Promise<void> {
  const { directory, authorities, entries, publish, clock = systemClock } = options;
  using _lock = await lockAuthority(directory);
  const issuedAtMs = clock.now();
  // One moment for all: the number of a first list is its time.
  const now: Clock = { now: () => issuedAtMs, monotonic: () => clock.monotonic() };
  const before = await readRecord(directory);
  const lists: Uint8Array<ArrayBuffer>[] = [];
  const counted: Record<string, PreviousList> = { ...before };
  const issued: Record<string, PreviousList> = { ...before };
  for (const authority of authorities) {
    const previous = before[authority.keyId];
    lists.push(await makeRevocationList(authority, entries, now, previous));
    const number = numberAfter(previous, issuedAtMs);
    counted[authority.keyId] = { number, issuedAtMs: previous?.issuedAtMs ?? 0 };
    issued[authority.keyId] = { number, issuedAtMs };
  }
  // Where the program is killed in between, the number is used up, and what was on the list is not.
  await writeRecord(directory, counted);
  try {
    await publish(lists);
  } catch (error) {
    await restoreRecord(directory, before);
    throw error;
  }
  await writeRecord(directory, issued);
}

async function readRecord(directory: string): Promise<ListRecord> {
  try {
    const record = JSON.parse(await Deno.readTextFile(`${directory}/${RECORD_FILE}`));
    const entries = Object.entries<PreviousList>(record);
    return Object.fromEntries(
      entries.filter(([, { number, issuedAtMs }]) =>
        Number.isSafeInteger(number) && number >= 0 && Number.isSafeInteger(issuedAtMs)
      ),
    );
  } catch {
    return {}; // the first list, or a record that is damaged: the numbers go on from the time
  }
}

/** Leaves the directory as it was before a list that got nowhere. */
async function restoreRecord(directory: string, record: ListRecord): Promise<void> {
  if (Object.keys(record).length > 0) await writeRecord(directory, record);
  else await Deno.remove(`${directory}/${RECORD_FILE}`);
}

async function writeRecord(directory: string, record: ListRecord): Promise<void> {
  await writeFileAtomic(`${directory}/${RECORD_FILE}`, `${JSON.stringify(record)}\n`);
}
