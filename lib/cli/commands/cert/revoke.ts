import { readPublicFile } from "../../../base/files.ts";
import { parseCertificates, type RevocationReason, revocationReasons } from "../../../cert/mod.ts";
import { dataLedger } from "../../../endpoint/data_ledger.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { operand, option } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { choice, file } from "../../app/value_type.ts";
import { dataDirectoryOf, dataOptions } from "../../workspace/data_directory.ts";

const reasons = Object.keys(revocationReasons) as RevocationReason[];

/** `dari cert revoke` */
export const command: Command = defineCommand({
  examples: [
    "dari cert revoke worker-1.crt --reason keyCompromise",
    "dari cert revoke 4a0da448a0c284906a17d1680da7c150",
  ],
  operands: { certificate: operand(file("FILE|SERIAL"), "its file, or its serial number") },
  options: {
    reason: option(choice("REASON", reasons), "why", { default: "unspecified" }),
    ...dataOptions,
  },
  notes: [
    "Servers of this data directory refuse the certificate and close its open connections. A " +
    "revocation cannot be undone.",
    "The certificates that it was renewed from have the same key, and are revoked with it.",
  ],
  async run({ operands: { certificate }, options }, io) {
    const { reason } = options;
    const isSerial = /^([0-9a-fA-F]{2}:?)+$/.test(certificate);
    const serial = isSerial
      ? certificate
      : parseCertificates(await readPublicFile(certificate))[0].serial;
    await using ledger = dataLedger(dataDirectoryOf(options, io));
    const entry = await ledger.revoke(serial, reason);
    report(options, io, { serial: entry.serial, reason }, [
      `revoked ${entry.serial} (${entry.subject}): ${reason}`,
    ]);
    return 0;
  },
});
