import { DariError } from "../../base/errors.ts";
import { readPublicFile } from "../../base/file/files.ts";
import {
  type Certificate,
  formatName,
  inFile,
  parseCertificates,
  verifyCertificate,
} from "../../cert/mod.ts";
import { oid } from "../../cert/der/oid.ts";
import { verifyDetached } from "../../cert/key/detached.ts";
import {
  CERTIFICATE,
  checkFiles,
  CHECKSUMS,
  parseChecksums,
  SIGNATURE,
} from "../../packaging/release/checksums.ts";
import { type Command, defineCommand } from "../app/command.ts";
import { operand, requiredOption } from "../app/option.ts";
import { report } from "../app/report.ts";
import { file } from "../app/value_type.ts";
import { readBinaryFile, readCertificates } from "./cert/source_file.ts";

/** `dari verify-release` */
export const command: Command = defineCommand({
  examples: [
    ["dari verify-release . --ca dari-release.crt", "what lies in this folder"],
    "dari verify-release ~/Downloads --ca dari-release.crt --json",
  ],
  operands: {
    directory: operand(file("DIR"), `the folder with ${CHECKSUMS} and the downloaded files`),
  },
  options: {
    ca: requiredOption(file(), "the authority of the releases, or their signer's own certificate"),
  },
  notes: [
    `${CERTIFICATE} must be a certificate of that authority, ${SIGNATURE} its key's signature of ` +
    `${CHECKSUMS}, and each file that is here must have the hash in ${CHECKSUMS}.`,
    "The exit code is 65 where something differs.",
  ],
  async run({ operands: { directory }, options }, io) {
    const signer = await verifySigner(`${directory}/${CERTIFICATE}`, options.ca);
    const list = await readPublicFile(`${directory}/${CHECKSUMS}`);
    const signature = await readBinaryFile(`${directory}/${SIGNATURE}`);
    if (!await verifyDetached(signer.publicKey, new TextEncoder().encode(list), signature)) {
      throw new DariError(
        "data",
        `${SIGNATURE} is not the signature of ${CHECKSUMS} by "${formatName(signer.subject)}"; ` +
          "download the release again",
      );
    }
    const { intact, absent } = await checkFiles(directory, parseChecksums(list));
    const name = formatName(signer.subject);
    report(options, io, { signer: name, intact, absent }, [
      `signed by ${name}`,
      ...intact.map((file) => `ok      ${file}`),
      ...absent.map((file) => `absent  ${file}`),
    ]);
    return 0;
  },
});

/** The certificate of the key that has signed, verified. */
async function verifySigner(path: string, ca: string): Promise<Certificate> {
  const authorities = await readCertificates(ca);
  const text = await readPublicFile(path);
  return await inFile(path, async () => {
    const [signer, ...intermediates] = parseCertificates(text);
    const purpose = signer.extensions.extKeyUsage?.includes(oid.clientAuth) ? "client" : "server";
    await verifyCertificate(signer, { authorities, intermediates, purpose });
    return signer;
  });
}
