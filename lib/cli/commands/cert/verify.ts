import {
  CertificateError,
  type CertificatePath,
  checkRevocationLists,
  formatName,
  inFile,
  parseRevocationLists,
  verifyCertificate,
} from "../../../cert/mod.ts";
import { keyIdText } from "../../../cert/key/public_key.ts";
import { dataLedger } from "../../../endpoint/data_ledger.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { operand, option, repeatedOption, requiredOption } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { readBinaryFile, readCertificates } from "./source_file.ts";
import { choice, file, text, type ValueType } from "../../app/value_type.ts";
import { dataDirectoryOf, dataOptions } from "../../workspace/data_directory.ts";

/** A moment in ISO 8601, in milliseconds since the epoch. */
const moment: ValueType<number> = {
  placeholder: "TIME",
  expects: "a moment such as 2027-01-01T00:00:00Z",
  completes: "nothing",
  parse(text) {
    const [, day] =
      /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.exec(text) ?? [];
    const timeMs = day === undefined ? NaN : Date.parse(text);
    if (day === undefined || Number.isNaN(timeMs)) return undefined;
    // Date.parse takes the thirtieth of February for the second of March.
    return new Date(day).toISOString().startsWith(day) ? timeMs : undefined;
  },
};

/** `dari cert verify` */
export const command: Command = defineCommand({
  examples: [
    "dari cert verify api.internal.crt --ca .dari/ca.crt --name api.internal",
    "dari cert verify worker.crt --ca root.crt --untrusted chain.crt --crl root.crl",
    "dari cert verify api.crt --ca root.crt --time 2027-01-01T00:00:00Z",
  ],
  operands: { certificate: operand(file(), "the certificate, with its chain") },
  options: {
    ca: requiredOption(file(), "the trusted authorities"),
    untrusted: repeatedOption(file(), "certificates that may stand between, not trusted"),
    name: option(text("NAME"), "a name that the certificate must have"),
    purpose: option(choice("PURPOSE", ["server", "client"]), "the purpose that it must have", {
      default: "server",
    }),
    time: option(moment, "when it must be valid, in ISO 8601 (default: now)"),
    crl: repeatedOption(
      file(),
      "revocation lists, PEM or DER; one of the issuer must be among them, and be in date",
    ),
    ...dataOptions,
  },
  notes: [
    "The exit code is 65 where the certificate cannot be trusted; the error says why.",
    "A certificate that the authority of the data directory has issued is looked up in its ledger; " +
    "for others, --crl says what is revoked.",
  ],
  async run({ operands, options }, io) {
    const { name, purpose, time: timeMs } = options;
    const authorities = await readCertificates(options.ca);
    const [leaf, ...chain] = await readCertificates(operands.certificate);
    const untrusted = await Promise.all(options.untrusted.map(readCertificates));
    const path = await verifyCertificate(leaf, {
      authorities,
      intermediates: [...chain, ...untrusted.flat()],
      purpose,
      ...(timeMs === undefined ? {} : { timeMs }),
      ...(name === undefined ? {} : { name }),
    });
    await checkLedger(path, dataDirectoryOf(options, io));
    if (options.crl.length > 0) {
      const lists = await Promise.all(
        options.crl.map(async (path) => {
          const bytes = await readBinaryFile(path);
          return await inFile(path, () => parseRevocationLists(bytes));
        }),
      );
      await checkRevocationLists(path, lists.flat(), timeMs);
    }
    const subjects = path.map(({ subject }) => formatName(subject));
    report(options, io, { trusted: true, path: subjects }, [`trusted: ${subjects.join(" <- ")}`]);
    return 0;
  },
});

/** Refuses a certificate that the ledger of the data directory knows as revoked. */
async function checkLedger(path: CertificatePath, directory: string): Promise<void> {
  await using ledger = dataLedger(directory);
  const entries = new Map((await ledger.entries()).map((entry) => [entry.serial, entry]));
  for (const [i, { serial, subject }] of path.slice(0, -1).entries()) {
    const entry = entries.get(serial);
    if (entry?.revoked === undefined) continue;
    if (entry.authority !== await keyIdText(path[i + 1]!.publicKey)) continue;
    const { atMs, reason } = entry.revoked;
    throw new CertificateError(
      "revoked",
      `The certificate cannot be trusted: "${formatName(subject)}" (serial ${serial}) is revoked ` +
        `since ${new Date(atMs).toISOString()}: ${reason}`,
    );
  }
}
