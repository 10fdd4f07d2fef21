import { type RevocationReason, revocationReasons } from "../../../cert/mod.ts";
import { dataLedger } from "../../../endpoint/data_ledger.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { operand, option } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { certificate as certificateType, choice } from "../../app/value_type.ts";
import { readCertificates } from "./source_file.ts";
import { dataDirectoryOf, dataOptions } from "../../workspace/data_directory.ts";

const reasons = Object.keys(revocationReasons) as RevocationReason[];

/** `dari cert revoke` */
export const command: Command = defineCommand({
  examples: [
    "dari cert revoke worker-1.crt --reason keyCompromise",
    "dari cert revoke 4a0da448a0c284906a17d1680da7c150",
  ],
  operands: { certificate: operand(certificateType, "its file, or its serial number") },
  options: {
    reason: option(choice("REASON", reasons), "why", { default: "unspecified" }),
    ...dataOptions,
  },
  notes: [
    "Servers of this data directory refuse the certificate and close its open connections. A " +
    "revocation cannot be undone.",
    "Its key is revoked with it: every certificate of that key, also those that it was renewed as, and " +
    "none is issued for it any more. The reason superseded revokes the certificate and those that it " +
    "was renewed from, and leaves the key and newer certificates as they are.",
    "The authority's own certificate is not revoked but replaced: dari cert rotate.",
  ],
  async run({ operands: { certificate }, options }, io) {
    const { reason } = options;
    const isSerial = /^([0-9a-fA-F]{2}:?)+$/.test(certificate);
    const serial = isSerial ? certificate : (await readCertificates(certificate))[0].serial;
    await using ledger = dataLedger(dataDirectoryOf(options, io));
    const entry = await ledger.revoke(serial, reason);
    const others = (await ledger.entriesOfSameKey(serial))
      .filter((one) => one.serial !== entry.serial && one.revoked !== undefined)
      .map((one) => one.serial);
    report(options, io, { serial: entry.serial, reason, revokedWithIt: others }, [
      `revoked ${entry.serial} (${entry.subject}): ${reason}`,
      ...others.map((one) => `revoked ${one}, which has the same key`),
    ]);
    return 0;
  },
});
