import { writeFileAtomic } from "../../../base/files.ts";
import { limits } from "../../../base/limits.ts";
import { encodePem, makeRevocationList } from "../../../cert/mod.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { formatDuration } from "../../app/duration.ts";
import { option } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { file } from "../../app/value_type.ts";
import { dataDirectoryOf } from "../../workspace/data_directory.ts";
import { authorityOptions, openAuthorityAsAsked } from "./options.ts";

/** `dari cert crl` */
export const command: Command = defineCommand({
  examples: ["dari cert crl", "dari cert crl --out /srv/www/ca.crl"],
  options: {
    out: option(file(), "where it is written (default: ca.crl in the data directory)"),
    ...authorityOptions,
  },
  notes: [
    "The list is for programs that do not read the ledger. It is valid for " +
    `${formatDuration(limits.revocationListLifeMs)}.`,
    "During a rotation the file holds the lists of both authorities.",
  ],
  async run({ options }, io) {
    await using opened = await openAuthorityAsAsked(options, io);
    const { authority, ledger, previous } = opened;
    const { out = `${dataDirectoryOf(options, io)}/ca.crl` } = options;
    const entries = await ledger.entries();
    const lists = await Promise.all(
      [authority, ...previous].map((one) => makeRevocationList(one, entries)),
    );
    const pem = lists.map((list) => encodePem("X509 CRL", list)).join("");
    // A revocation list is meant for everyone.
    await writeFileAtomic(out, pem, { mode: 0o644 });
    const revoked = entries.filter((entry) => entry.revoked !== undefined).length;
    report(options, io, { file: out, revoked }, [`${out}: ${revoked} revoked`]);
    return 0;
  },
});
