import { readNamedSecretFile, writeFileAtomic } from "../../../base/file/files.ts";
import { decodePrivateKeyPem, encodePkcs12, inFile } from "../../../cert/mod.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { operand, option } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { passphraseOptions, readSecret } from "../../app/secret_input.ts";
import { readCertificates } from "./source_file.ts";
import { file } from "../../app/value_type.ts";

/** `dari cert export` */
export const command: Command = defineCommand({
  examples: [
    "dari cert export worker-1",
    "dari cert export worker-1 --out ann.p12 --passphrase-stdin < passphrase",
  ],
  operands: { prefix: operand(file("PREFIX"), "the path of both files without .crt and .key") },
  options: {
    out: option(file(), "the new file, which must not exist (default: PREFIX.p12)"),
    ...passphraseOptions,
  },
  notes: ["The new file is encrypted with a passphrase of its own."],
  async run({ operands, options }, io) {
    const prefix = operands.prefix.replace(/\.crt$/, "");
    const certificates = await readCertificates(`${prefix}.crt`);
    const keyPem = await readNamedSecretFile(`${prefix}.key`);
    const privateKey = await inFile(`${prefix}.key`, () => decodePrivateKeyPem(keyPem));
    const passphrase = await readSecret("passphrase", options, io, {
      prompt: "Passphrase for the new file",
      isNew: true,
    });
    const { out = `${prefix}.p12` } = options;
    const bytes = await encodePkcs12(certificates, privateKey, passphrase);
    await writeFileAtomic(out, bytes, { createNew: true });
    report(options, io, { file: out }, [
      `${out}: import it where the browser keeps certificates`,
    ]);
    return 0;
  },
});
