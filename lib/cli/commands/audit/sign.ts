import { DariError } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import { ensureAuditSigner, sealAudit } from "../../../endpoint/audit/audit_signing.ts";
import { openAuditedStore } from "../../../endpoint/audit/audited_store.ts";
import { dataLedger } from "../../../endpoint/data_ledger.ts";
import { openAudit } from "../../audit/audited_directory.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { report } from "../../app/report.ts";
import { authorityOptions, passphraseOfKey } from "../cert/options.ts";

/** `dari audit sign` */
export const command: Command = defineCommand({
  examples: [
    "dari audit sign",
    ["dari audit sign --passphrase-file ca.pass", "where ca.key is encrypted"],
  ],
  options: authorityOptions,
  notes: [
    `A server signs its audit every ${
      limits.auditCheckpointMs / 1_000
    } seconds, so this is for a data ` +
    "directory that no server uses, and for one whose ca.key is encrypted: the certificate that signs " +
    "(audit.pem) is made by the authority where it is missing, has ended or is due.",
  ],
  async run({ options }, io) {
    using audit = await openAudit(options, io); // there must be one
    const { directory } = audit;
    const passphrase = await passphraseOfKey(`${directory}/ca.key`, options, io);
    await using ledger = dataLedger(directory);
    const signer = await ensureAuditSigner(directory, { ledger, passphrase });
    if (signer === undefined) {
      throw new DariError(
        "failed_precondition",
        `There is no authority in "${directory}" that could sign; make one with dari cert init`,
      );
    }
    await using store = await openAuditedStore(directory);
    const checkpoint = await sealAudit(directory, store, signer);
    const line = checkpoint === undefined
      ? "there is no record to sign"
      : `signed ${checkpoint.size} records`;
    report(options, io, { checkpoint: checkpoint ?? null }, [line]);
    return 0;
  },
});
