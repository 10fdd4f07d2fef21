/**
 * Which files a restored directory gets beside its store. Where the old directory is one of the same
 * store, its authority and its policy are newer, and rights may have been taken back in them; so they
 * stay, unless they are damaged.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { exists } from "../../base/file/file_state.ts";
import type { KnownRecords } from "./known_records.ts";

/** Judges files that this room cannot read. */
export interface FileJudges {
  /** Whether the authority in a directory can be used. */
  readonly isAuthorityWhole: (directory: string) => Promise<boolean>;
  /** Whether a text is a policy. */
  readonly isPolicy: (text: string) => boolean;
}

/** Where the files came from. */
export interface ChosenFiles {
  /** Whose authority it is now. */
  readonly authority: "backup" | "present" | "none";
  /** Whose policy it is now. */
  readonly policy: "backup" | "present" | "none";
}

/** What the choice needs. */
export interface ChooseOptions extends FileJudges {
  /** The directory with the files of the backup. */
  readonly staged: string;
  /** The data directory that is to be replaced. */
  readonly directory: string;
  /** What is known of the time since. */
  readonly known: KnownRecords;
  /** Whether the user goes on without a record. */
  readonly withoutRecord?: boolean;
}

const AUTHORITY = ["ca.crt", "ca.key", "ca.next.key", "ca.previous.key"];
const SERVER = ["server.crt", "server.key"];
const POLICY = "policy.json";
/** Where the policy of the backup goes, where the present one stays. */
const OTHER_POLICY = "policy.backup.json";

/**
 * Puts the files in the new directory that it is to have.
 *
 * @param options Both directories.
 * @returns Where the files came from.
 * @throws {DariError} `failed_precondition` when the authority was replaced since and the new one is
 * lost, `io` when a file cannot be copied.
 */
export async function chooseFiles(options: ChooseOptions): Promise<ChosenFiles> {
  return { authority: await chooseAuthority(options), policy: await choosePolicy(options) };
}

async function chooseAuthority(options: ChooseOptions): Promise<ChosenFiles["authority"]> {
  const { staged, directory, known, withoutRecord = false } = options;
  if (known.isSameStore && await exists(`${directory}/ca.crt`)) {
    if (await options.isAuthorityWhole(directory)) {
      for (const name of AUTHORITY) await take(name, directory, staged);
      if (await exists(`${directory}/server.key`)) {
        for (const name of SERVER) await take(name, directory, staged);
      }
      return "present";
    }
  }
  if (known.changes.some(isNewAuthority) && !withoutRecord) {
    throw new DariError(
      "failed_precondition",
      "The authority was replaced after this backup, and the new one is lost: restore a later " +
        "backup. With --no-record the old authority comes back, and all sessions and keys end",
    );
  }
  return await exists(`${staged}/ca.crt`) ? "backup" : "none";
}

async function choosePolicy(options: ChooseOptions): Promise<ChosenFiles["policy"]> {
  const { staged, directory, known, isPolicy } = options;
  const present = known.isSameStore
    ? await Deno.readTextFile(`${directory}/${POLICY}`).catch(() => undefined)
    : undefined;
  const backedUp = await Deno.readTextFile(`${staged}/${POLICY}`).catch(() => undefined);
  if (present === undefined || present === backedUp || !isPolicy(present)) {
    return backedUp === undefined ? "none" : "backup";
  }
  if (backedUp !== undefined) await Deno.rename(`${staged}/${POLICY}`, `${staged}/${OTHER_POLICY}`);
  await take(POLICY, directory, staged);
  return "present";
}

/** The file of the old directory in the place of the backup's, or none where it has none. */
async function take(name: string, from: string, to: string): Promise<void> {
  await Deno.remove(`${to}/${name}`).catch(() => {});
  if (!await exists(`${from}/${name}`)) return;
  const bytes = await Deno.readFile(`${from}/${name}`);
  using file = await Deno.open(`${to}/${name}`, { write: true, createNew: true, mode: 0o600 });
  for (let sent = 0; sent < bytes.length;) sent += await file.write(bytes.subarray(sent));
  await file.sync();
}

function isNewAuthority({ key, value }: { key: string; value: string | null }): boolean {
  if (!key.startsWith("ledger/event/") || value === null) return false;
  const { event, purposes } = JSON.parse(value);
  return event === "issued" && purposes.includes("authority");
}
