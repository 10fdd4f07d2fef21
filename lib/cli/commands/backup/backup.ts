import { systemClock } from "../../../base/clock.ts";
import { DariError } from "../../../base/errors.ts";
import { exists } from "../../../base/file/file_state.ts";
import { limits } from "../../../base/limits.ts";
import { recordKeyPath } from "../../../cluster/record_key.ts";
import { lockAuthority } from "../../../cert/mod.ts";
import { systemActor } from "../../../endpoint/audit/system_actor.ts";
import { makeBackup } from "../../../ops/backup/backup.ts";
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
  ],
  async run({ operands, options }, io) {
    const directory = dataDirectoryOf(options, io);
    if (await exists(recordKeyPath(directory))) {
      throw new DariError(
        "failed_precondition",
        `The accounts of "${directory}" are in the store of a cluster, which a backup of the directory ` +
          "does not hold; NATS servers keep it three times, and dari store migrate --to sqlite takes " +
          "it out",
      );
    }
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
      clock: systemClock,
    });
    const files = manifest.files.map(({ name }) => name);
    const change = manifest.store.revision;
    report(options, io, { file: operands.file, bytes, change, files, record }, [
      `${operands.file}: ${bytes} bytes, at change ${change}: ${files.join(", ")}`,
      `${record}: goes on with what is revoked from now on; leave it beside the backup`,
    ]);
    return 0;
  },
});
