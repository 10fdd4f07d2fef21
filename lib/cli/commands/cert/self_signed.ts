import { checkVacant, makeSelfSigned, writePair } from "../../../cert/mod.ts";
import type { Command } from "../../app/command.ts";
import { lifeOf, prefixOf, subjectOption, tellPair, wordOf } from "./options.ts";

/** `dari cert self-signed` */
export const command: Command = {
  summary: "Make a certificate that signs itself",
  help: `
Make the classic certificate of one host that signs itself: RSA-2048, SHA-256, 365 days.

  dari cert self-signed localhost
  dari cert self-signed localhost --ecdsa --days 30 --out server
  dari cert self-signed localhost --subject "C=KR, ST=Seoul, L=Seoul, O=My Company, CN=localhost"

  --out PREFIX       where PREFIX.crt and PREFIX.key go (default the host)
  --days N           how long it is valid (default 365)
  --subject NAME     its subject
  --ecdsa            a P-256 key instead of RSA`,
  flags: { string: ["out", "days", "subject"], boolean: ["ecdsa"] },
  async run(args, io) {
    const host = wordOf(args, "the host's name");
    const prefix = prefixOf(args, host);
    await checkVacant(prefix);
    const made = await makeSelfSigned(host, {
      ...lifeOf(args),
      ...subjectOption(args),
      ...(args.flag("ecdsa") ? { algorithm: "ecdsa-p256" } : {}),
    });
    const files = await writePair(prefix, made.certificate, made.privateKey);
    return tellPair(files, args, io);
  },
};
