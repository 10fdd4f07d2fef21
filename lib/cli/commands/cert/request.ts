import { writeNewFiles } from "../../../base/file/files.ts";
import { encodePem, encodePrivateKeyPem, generateKeyPair, makeRequest } from "../../../cert/mod.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { operands, option } from "../../app/option.ts";
import { asTyped, programOf } from "../../app/program.ts";
import { withProgress } from "../../app/progress.ts";
import { report } from "../../app/report.ts";
import { file, text } from "../../app/value_type.ts";
import { algorithmOptions, prefixOf, subjectOptions } from "./options.ts";

/** `dari cert request` */
export const command: Command = defineCommand({
  examples: [
    "dari cert request api.internal",
    "dari cert request api.internal 10.0.0.7 --out api --algorithm rsa-3072",
  ],
  operands: {
    names: operands(text("NAME"), "the names, addresses and URIs that are requested", {
      isRequired: true,
    }),
  },
  options: {
    out: option(file("PREFIX"), "the path of both files without ending (default: the first NAME)"),
    ...subjectOptions,
    ...algorithmOptions,
  },
  notes: [
    "Writes PREFIX.csr, which an authority elsewhere signs (dari cert sign), and PREFIX.key, which " +
    "stays here. Neither file may exist before.",
  ],
  async run({ operands: { names }, options }, io, commands) {
    const prefix = prefixOf(options.out, names[0]);
    const { privateKey } = await withProgress(
      io,
      `making a key (${options.algorithm})`,
      generateKeyPair(options.algorithm),
    );
    const request = await makeRequest(privateKey, names, options.subject);
    const [requestFile, keyFile] = [`${prefix}.csr`, `${prefix}.key`];
    await writeNewFiles([
      { path: keyFile, content: await encodePrivateKeyPem(privateKey) },
      { path: requestFile, content: encodePem("CERTIFICATE REQUEST", request) },
    ]);
    const sign = asTyped("dari cert sign", programOf(io), commands);
    report(options, io, { requestFile, keyFile }, [
      `${requestFile} is to be signed: ${sign} ${requestFile}; keep ${keyFile}`,
    ]);
    return 0;
  },
});
