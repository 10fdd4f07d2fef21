import { DariError } from "../../../base/errors.ts";
import { readPublicFile, readSecretFile, writeFileAtomic } from "../../../base/files.ts";
import { decodePrivateKeyPem, encodePkcs12, parseCertificates } from "../../../cert/mod.ts";
import type { Command } from "../../app/command.ts";
import { askPassphrase, passphraseFromInput, wordOf } from "./options.ts";

/** `dari cert export` */
export const command: Command = {
  summary: "Put a certificate and its key into one file for a browser",
  help: `
Write PREFIX.p12 (PKCS#12) from PREFIX.crt and PREFIX.key, encrypted with a passphrase.

  dari cert export worker-1
  dari cert export worker-1 --out ann.p12 --passphrase-stdin < passphrase

  --out FILE         where it goes (default PREFIX.p12); it may not exist
  --passphrase-stdin read the new file's passphrase from standard input`,
  flags: { string: ["out"], boolean: ["passphrase-stdin"] },
  async run(args, io) {
    const prefix = wordOf(args, "the files' path without .crt and .key").replace(/\.crt$/, "");
    const certificates = parseCertificates(await readPublicFile(`${prefix}.crt`));
    const privateKey = await decodePrivateKeyPem(await readSecretFile(`${prefix}.key`));
    const passphrase = args.flag("passphrase-stdin")
      ? await passphraseFromInput(io)
      : await askPassphrase(io, "Passphrase for the new file: ");
    if (passphrase === "") throw new DariError("usage", "The passphrase is empty; give one");
    const file = args.option("out") ?? `${prefix}.p12`;
    const bytes = await encodePkcs12(certificates, privateKey, passphrase);
    await writeFileAtomic(file, bytes, { createNew: true });
    if (args.flag("json")) io.print(JSON.stringify({ file }));
    else io.print(`${file}: import it where the browser keeps certificates`);
    return 0;
  },
};
