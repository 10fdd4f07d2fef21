import { DariError } from "../../../base/errors.ts";
import { readPublicFile } from "../../../base/files.ts";
import { parseCertificates, type RevocationReason, revocationReasons } from "../../../cert/mod.ts";
import { dataLedger } from "../../../endpoint/data_ledger.ts";
import type { Command } from "../../app/command.ts";
import { dataDirectoryOf } from "../../app/data_directory.ts";
import { wordOf } from "./options.ts";

/** `dari cert revoke` */
export const command: Command = {
  summary: "Revoke a certificate, at once and for good",
  help: `
Revoke a certificate: servers of this data directory refuse it and cut its open connections.

  dari cert revoke worker-1.crt --reason keyCompromise
  dari cert revoke 4a0da448a0c284906a17d1680da7c150

Those that it was renewed from have the same key, and are revoked with it.

  --reason NAME      ${Object.keys(revocationReasons).join(", ")}
                     (default unspecified)
  --data DIR         where the ledger is (default $DARI_DATA or ./.dari)`,
  flags: { string: ["reason", "data"] },
  async run(args, io) {
    const word = wordOf(args, "a serial number or a certificate's file");
    const reason = reasonOption(args.option("reason"));
    const isSerial = /^([0-9a-fA-F]{2}:?)+$/.test(word);
    const serial = isSerial ? word : parseCertificates(await readPublicFile(word))[0].serial;
    await using ledger = dataLedger(dataDirectoryOf(args, io));
    const entry = await ledger.revoke(serial, reason);
    if (args.flag("json")) io.print(JSON.stringify({ serial: entry.serial, reason }));
    else io.print(`revoked ${entry.serial} (${entry.subject}): ${reason}`);
    return 0;
  },
};

function reasonOption(text = "unspecified"): RevocationReason {
  if (Object.hasOwn(revocationReasons, text)) return text as RevocationReason;
  const names = Object.keys(revocationReasons).join(", ");
  throw new DariError("usage", `--reason takes one of ${names}; not "${text}"`);
}
