import { DariError } from "../../../base/errors.ts";
import { writeFileAtomic } from "../../../base/files.ts";
import { encodePem, encodePrivateKeyPem, generateKeyPair, makeRequest } from "../../../cert/mod.ts";
import type { Command } from "../../app/command.ts";
import { algorithmOf, prefixOf } from "./options.ts";

/** `dari cert request` */
export const command: Command = {
  summary: "Make a key and a request for a certificate",
  help: `
Make a key that stays here, and a request that an authority elsewhere signs.

  dari cert request api.internal
  dari cert request api.internal 10.0.0.7 --out api --algorithm rsa-3072

Writes PREFIX.csr and PREFIX.key; neither may exist.

  --out PREFIX       where the files go (default the first name)
  --subject NAME     for instance "O=Example, CN=api" (default CN= and the first name)
  --algorithm NAME   ecdsa-p256 (default), rsa-2048, rsa-3072 or ed25519`,
  flags: { string: ["out", "subject", "algorithm"] },
  async run(args, io) {
    if (args.words.length === 0) throw new DariError("usage", "Give at least one name; see --help");
    const prefix = prefixOf(args, args.words[0]);
    const { privateKey } = await generateKeyPair(algorithmOf(args).algorithm);
    const request = await makeRequest(privateKey, args.words, args.option("subject"));
    const [requestFile, keyFile] = [`${prefix}.csr`, `${prefix}.key`];
    await writeFileAtomic(keyFile, await encodePrivateKeyPem(privateKey), { createNew: true });
    try {
      const pem = encodePem("CERTIFICATE REQUEST", request);
      await writeFileAtomic(requestFile, pem, { createNew: true });
    } catch (error) {
      await Deno.remove(keyFile);
      throw error;
    }
    if (args.flag("json")) io.print(JSON.stringify({ requestFile, keyFile }));
    else io.print(`${requestFile} is to be signed: dari cert sign ${requestFile}; keep ${keyFile}`);
    return 0;
  },
};
