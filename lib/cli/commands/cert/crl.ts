import { writeFileAtomic } from "../../../base/files.ts";
import { encodePem, makeRevocationList } from "../../../cert/mod.ts";
import type { Command } from "../../app/command.ts";
import { dataDirectoryOf } from "../../app/data_directory.ts";
import { authorityHelp, openAuthorityAsAsked } from "./options.ts";

/** `dari cert crl` */
export const command: Command = {
  summary: "Write a signed list of revoked certificates",
  help: `
Write a revocation list (CRL) for programs that do not read the ledger; good for seven days.

  dari cert crl
  dari cert crl --out /srv/www/ca.crl

During a rotation the file holds the lists of both authorities.

  --out FILE         where it goes (default ca.crl in the data directory)
${authorityHelp}`,
  flags: { string: ["out", "data"], boolean: ["passphrase-stdin"] },
  async run(args, io) {
    await using opened = await openAuthorityAsAsked(args, io);
    const { authority, ledger, previous } = opened;
    const file = args.option("out") ?? `${dataDirectoryOf(args, io)}/ca.crl`;
    const entries = await ledger.entries();
    const lists = await Promise.all(
      [authority, ...previous].map((one) => makeRevocationList(one, entries)),
    );
    const pem = lists.map((list) => encodePem("X509 CRL", list)).join("");
    // A revocation list is meant for everyone.
    await writeFileAtomic(file, pem, { mode: 0o644 });
    const revoked = entries.filter((entry) => entry.revoked !== undefined).length;
    if (args.flag("json")) io.print(JSON.stringify({ file, revoked }));
    else io.print(`${file}: ${revoked} revoked`);
    return 0;
  },
};
