import { limits } from "../../../base/limits.ts";
import { checkVacant, makeSelfSigned, writePair } from "../../../cert/mod.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { flag, operand, option } from "../../app/option.ts";
import { file, text } from "../../app/value_type.ts";
import { lifeOptions, prefixOf, reportPair, subjectOf, subjectOptions } from "./options.ts";

/** `dari cert self-signed` */
export const command: Command = defineCommand({
  examples: [
    "dari cert self-signed localhost",
    "dari cert self-signed localhost --ecdsa --days 30 --out server",
    'dari cert self-signed localhost --subject "C=KR, O=My Company, CN=localhost"',
  ],
  operands: { host: operand(text("HOST"), "the name or the address of the host") },
  options: {
    out: option(file("PREFIX"), "the path of both files without ending (default: HOST)"),
    ...lifeOptions(limits.selfSignedLifeMs),
    ...subjectOptions,
    ecdsa: flag("a P-256 key instead of RSA-2048"),
  },
  notes: ["Writes PREFIX.crt and PREFIX.key. Neither file may exist before."],
  async run({ operands: { host }, options }, io) {
    const prefix = prefixOf(options.out, host);
    await checkVacant(prefix);
    const made = await makeSelfSigned(host, {
      lifeMs: options.days,
      ...subjectOf(options),
      ...(options.ecdsa ? { algorithm: "ecdsa-p256" } : {}),
    });
    const files = await writePair(prefix, made.certificate, made.privateKey);
    return reportPair(files, options, io);
  },
});
