import { readPublicFile } from "../../../base/files.ts";
import {
  describeCertificate,
  formatDescription,
  parseCertificate,
  parseCertificates,
} from "../../../cert/mod.ts";
import { fetchServerCertificate } from "../../../transport/tls/node/fetch_server_certificate.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { operand } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { file } from "../../app/value_type.ts";

/** `dari cert inspect` */
export const command: Command = defineCommand({
  examples: [
    "dari cert inspect api.internal.crt",
    "dari cert inspect tls://localhost:9090",
    "dari cert inspect localhost:9090 --json",
  ],
  operands: {
    source: operand(file("FILE|ADDRESS"), "a file, or the address of a server that uses TLS"),
  },
  notes: ["All certificates of a file are shown. Nothing is verified."],
  async run({ operands: { source }, options }, io) {
    const address = /^(?:tls:\/\/|https:\/\/)?(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):(\d{1,5})\/?$/
      .exec(source);
    const certificates = address === null ? parseCertificates(await readPublicFile(source)) : [
      parseCertificate(
        await fetchServerCertificate(address[1]!.replace(/[[\]]/g, ""), Number(address[2])),
      ),
    ];
    const descriptions = await Promise.all(certificates.map(describeCertificate));
    const text = descriptions.map(formatDescription).join("\n\n");
    report(options, io, descriptions, [text]);
    return 0;
  },
});
