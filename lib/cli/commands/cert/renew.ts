import { DariError } from "../../../base/errors.ts";
import { readPublicFile } from "../../../base/files.ts";
import { parseCertificates, renewDue, renewLeaf } from "../../../cert/mod.ts";
import type { Command } from "../../app/command.ts";
import { authorityHelp, lifeOf, openAuthorityAsAsked, wordOf } from "./options.ts";

/** `dari cert renew` */
export const command: Command = {
  summary: "Renew a certificate, or all that are due",
  help: `
Issue a certificate anew for the same key, names and uses, in the same file.

  dari cert renew api.internal.crt
  dari cert renew --all                           all that are past two thirds of their life

  --all              every certificate of the ledger that is due
  --days N           how long it is valid (default as long as the old one)
${authorityHelp}`,
  flags: { string: ["days", "data"], boolean: ["all", "passphrase-stdin"] },
  async run(args, io) {
    await using opened = await openAuthorityAsAsked(args, io);
    const { authority, ledger } = opened;
    if (args.flag("all")) {
      if (args.words.length > 0) throw new DariError("usage", "Give a file or --all, not both");
      const results = await renewDue(authority, ledger);
      if (args.flag("json")) {
        io.print(JSON.stringify(results.map((result) => ({
          serial: result.entry.serial,
          file: result.entry.file,
          ...(result.kind === "renewed"
            ? { renewedAs: result.certificate.serial }
            : { error: result.reason }),
        }))));
      } else {
        for (const result of results) {
          if (result.kind === "failed") io.warn(`dari: ${result.reason}`);
          else io.print(`${result.entry.file}: renewed as ${result.certificate.serial}`);
        }
        if (results.length === 0) io.print("nothing is due");
      }
      return results.some(({ kind }) => kind === "failed") ? 75 : 0;
    }
    const file = wordOf(args, "the certificate's file");
    const [old] = parseCertificates(await readPublicFile(file));
    const entry = await ledger.entry(old.serial);
    const { serial } = await renewLeaf(authority, ledger, entry, lifeOf(args));
    if (args.flag("json")) io.print(JSON.stringify({ serial, replaces: old.serial, file }));
    else io.print(`${file}: renewed as ${serial}`);
    return 0;
  },
};
