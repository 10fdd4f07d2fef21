import { systemClock } from "../../../base/clock.ts";
import { DariError } from "../../../base/errors.ts";
import { exists } from "../../../base/file/file_state.ts";
import { limits } from "../../../base/limits.ts";
import { recordKeyPath } from "../../../cluster/record_key.ts";
import { lockAuthority } from "../../../cert/mod.ts";
import { AUDIT_HEADS } from "../../../endpoint/audit/audit_heads.ts";
import { systemActor } from "../../../endpoint/audit/system_actor.ts";
import { openDataStore } from "../../../endpoint/store/shared_store.ts";
import { makeBackup } from "../../../ops/backup/backup.ts";
import type { Entry } from "../../../store/store.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { operand } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { passphraseOptions, readSecret } from "../../app/secret_input.ts";
import { file } from "../../app/value_type.ts";
import { dataDirectoryOf, dataOptions } from "../../workspace/data_directory.ts";

/** `dari backup` */
export const command: Command = defineCommand({
  examples: [
    "dari backup /backups/monday.age",
    "dari backup /backups/monday.age --passphrase-file /etc/dari/backup.passphrase",
    ["age -d /backups/monday.age | tar -t", "look into it without dari"],
  ],
  operands: { file: operand(file(), "the new file, which must not exist") },
  options: { ...passphraseOptions, ...dataOptions },
  notes: [
    "The backup holds one moment of the store, the ledger of certificates, the authority, the " +
    "server's certificate and the policy. A server may run meanwhile. It is always encrypted, since " +
    "the keys of the authority and of the server are in it.",
    "A record, dari-….record, is kept beside the backup. The server goes on writing there what is " +
    "revoked, removed, locked or used up, so that dari restore does not bring it back even where the " +
    "data directory is lost. It can be read with the backup's passphrase alone.",
    "Of a server of a cluster the backup also has what all of them share, which dari restore makes the " +
    "store of one server again; dari store migrate then takes it into a new cluster.",
  ],
  async run({ operands, options }, io) {
    const directory = dataDirectoryOf(options, io);
    const isMember = await exists(recordKeyPath(directory));
    const passphrase = await readSecret("passphrase", options, io, {
      prompt: "Passphrase for the backup",
      isNew: true,
    });
    if (passphrase.length < limits.minPasswordCharacters) {
      throw new DariError(
        "usage",
        `The passphrase needs at least ${limits.minPasswordCharacters} characters: whoever has the ` +
          "backup can try as many as they like",
      );
    }
    const { manifest, bytes, record } = await makeBackup({
      directory,
      file: operands.file,
      passphrase,
      actor: systemActor(directory),
      lockAuthority: () => lockAuthority(directory),
      clusterEntries: isMember ? () => readEntries(directory) : undefined,
      clock: systemClock,
    });
    const files = manifest.files.map(({ name }) => name);
    const change = manifest.store.revision;
    report(options, io, { file: operands.file, bytes, change, files, record }, [
      `${operands.file}: ${bytes} bytes, at change ${change}: ${files.join(", ")}`,
      isMember
        ? "what is revoked in the cluster from now on is not recorded: a restore needs --no-record"
        : `${record}: goes on with what is revoked from now on; leave it beside the backup`,
    ]);
    return 0;
  },
});

/** Without how far audits have come where those of all servers are, which a restore cannot go on with. */
async function readEntries(directory: string): Promise<Entry[]> {
  await using kept = await openDataStore(directory);
  return (await kept.store.list("")).filter(({ key }) => !key.startsWith(AUDIT_HEADS));
}
