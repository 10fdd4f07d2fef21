import { parsePolicy } from "../../../auth/mod.ts";
import { systemClock } from "../../../base/clock.ts";
import { exists } from "../../../base/file/file_state.ts";
import { directoryOf } from "../../../base/file/files.ts";
import { recordKeyPath } from "../../../cluster/record_key.ts";
import { systemActor } from "../../../endpoint/audit/system_actor.ts";
import { DariError } from "../../../base/errors.ts";
import { loadAuthority } from "../../../cert/mod.ts";
import {
  restoreBackup,
  type Restored,
  type Verified,
  verifyBackup,
} from "../../../ops/backup/restore.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { flag, operand } from "../../app/option.ts";
import { formatMoment, report } from "../../app/report.ts";
import { passphraseOptions, readSecret } from "../../app/secret_input.ts";
import { file } from "../../app/value_type.ts";
import { dataDirectoryOf, dataOptions } from "../../workspace/data_directory.ts";
import { holdDirectory } from "../../workspace/directory_in_use.ts";

/** `dari restore` */
export const command: Command = defineCommand({
  examples: [
    "dari restore /backups/monday.age",
    ["dari restore /backups/monday.age --verify", "read all of it and write nothing"],
    "dari restore monday.age --data /srv/dari --passphrase-file /etc/dari/backup.passphrase",
    ["dari restore monday.age --no-record", "on a machine without the record"],
  ],
  operands: { file: operand(file(), "the backup") },
  options: {
    verify: flag("only check the backup, and say what a restore would do"),
    "no-record": flag("go on without a record: end all sessions, disable all keys"),
    ...passphraseOptions,
    ...dataOptions,
  },
  notes: [
    "The data directory is replaced as a whole, and the old one is kept beside it as " +
    "DIR.before-restore-TIME. Stop the server first.",
    "What was revoked, removed, locked or used up after the backup does not come back: the record in " +
    "the data directory, or the one beside the backup, tells what that is. What was added after the " +
    "backup is gone. An authority or a policy that is in the data directory and whole stays, since " +
    "rights may have been taken back there; move it away to get the one of the backup.",
    "Where there is no record, nobody knows what was revoked. Then --no-record is needed: all sessions " +
    "and invitations end, and all API keys and public keys are disabled. Passwords and roles are " +
    "those of the backup; revoke certificates again that were revoked since.",
  ],
  async run({ operands, options }, io) {
    const directory = dataDirectoryOf(options, io);
    const passphrase = await readSecret("passphrase", options, io, {
      prompt: "Passphrase of the backup",
    });
    const asked = { file: operands.file, passphrase, directory };
    if (!options.verify && await exists(recordKeyPath(directory))) throw inCluster(directory);
    if (options.verify) {
      const verified = await verifyBackup(asked);
      report(options, io, summaryOf(verified), linesOfVerified(operands.file, verified));
      return 0;
    }
    const restored = await restoreBackup({
      ...asked,
      withoutRecord: options["no-record"],
      hold: holdDirectory,
      actor: systemActor(directoryOf(directory)),
      isAuthorityWhole,
      isPolicy,
      clock: systemClock,
    });
    const { manifest: _manifest, ...facts } = restored;
    report(options, io, { ...summaryOf(restored), directory, ...facts }, [
      ...linesOf(directory, restored),
    ]);
    return 0;
  },
});

/** What was revoked there would be good again, and the directory would no longer belong to it. */
function inCluster(directory: string): DariError {
  return new DariError(
    "failed_precondition",
    `"${directory}" belongs to a cluster, whose store goes on without it: restore into another ` +
      "directory (--data DIR); dari store migrate --to nats://… then takes that into a new, empty stream",
  );
}

/** Without the key of the record. */
function summaryOf({ manifest, records, isComplete }: Verified | Restored) {
  const { dari, createdAtMs, store: { revision, schema }, files } = manifest;
  const names = files.map(({ name }) => name);
  return { dari, createdAtMs, change: revision, schema, files: names, records, isComplete };
}

function linesOfVerified(file: string, verified: Verified): string[] {
  const { manifest, isComplete, changesSince } = verified;
  return [
    `${file}: whole; made ${
      formatMoment(manifest.createdAtMs)
    } by dari ${manifest.dari}, at change ` +
    `${manifest.store.revision}`,
    `files  ${manifest.files.map(({ name }) => name).join(", ")}`,
    isComplete
      ? `a restore keeps to ${changesSince} ${changesSince === 1 ? "change" : "changes"} since then`
      : "there is no record of what was revoked since: a restore needs --no-record",
  ];
}

function linesOf(directory: string, restored: Restored): string[] {
  const { manifest, old, heldBack, disabled, isComplete, authority, policy } = restored;
  return [
    `${directory}: restored as of ${formatMoment(manifest.createdAtMs)} (change ` +
    `${manifest.store.revision})`,
    isComplete
      ? heldBack === 0
        ? "nothing was revoked since then"
        : `kept as revoked since then: ${heldBack} ${heldBack === 1 ? "entry" : "entries"}`
      : `all sessions and invitations were ended and all keys disabled (${disabled} entries)`,
    ...(authority === "present" ? ["the authority that was there stays"] : []),
    ...(policy === "present"
      ? ["the policy that was there stays; that of the backup is policy.backup.json"]
      : []),
    ...(old === undefined ? [] : [`the old directory is ${old}`]),
  ];
}

/** A key that is encrypted cannot be read here, and is taken as it is. */
async function isAuthorityWhole(directory: string): Promise<boolean> {
  try {
    await loadAuthority(directory);
    return true;
  } catch (error) {
    return error instanceof DariError && error.code === "permission_denied";
  }
}

function isPolicy(text: string): boolean {
  try {
    parsePolicy(text, "policy.json");
    return true;
  } catch {
    return false;
  }
}
