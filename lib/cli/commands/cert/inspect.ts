import { readPublicFile } from "../../../base/files.ts";
import {
  describeCertificate,
  formatDescription,
  parseCertificate,
  parseCertificates,
} from "../../../cert/mod.ts";
import { fetchServerCertificate } from "../../../transport/tls/node/fetch_server_certificate.ts";
import type { Command } from "../../app/command.ts";
import { wordOf } from "./options.ts";

/** `dari cert inspect` */
export const command: Command = {
  summary: "Show what a certificate says",
  help: `
Show the certificates of a file, or the one that a server shows. Nothing is verified.

  dari cert inspect api.internal.crt
  dari cert inspect tls://localhost:9090
  dari cert inspect localhost:9090 --json`,
  flags: {},
  async run(args, io) {
    const word = wordOf(args, "a file or an address");
    const address = /^(?:tls:\/\/|https:\/\/)?(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):(\d{1,5})\/?$/
      .exec(word);
    const certificates = address === null ? parseCertificates(await readPublicFile(word)) : [
      parseCertificate(
        await fetchServerCertificate(address[1]!.replace(/[[\]]/g, ""), Number(address[2])),
      ),
    ];
    const descriptions = await Promise.all(certificates.map(describeCertificate));
    if (args.flag("json")) io.print(JSON.stringify(descriptions));
    else io.print(descriptions.map(formatDescription).join("\n\n"));
    return 0;
  },
};
