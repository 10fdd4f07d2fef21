import { readPublicFile } from "../../../base/files.ts";
import { formatName, parseCertificates, verifyCertificate } from "../../../cert/mod.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { operand, option, repeatedOption, requiredOption } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { choice, file, text, type ValueType } from "../../app/value_type.ts";

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
    "dari cert verify worker.crt --ca root.crt --untrusted chain.crt",
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
  },
  notes: ["The exit code is 65 where the certificate cannot be trusted; the error says why."],
  async run({ operands, options }, io) {
    const { name, purpose, time: timeMs } = options;
    const authorities = parseCertificates(await readPublicFile(options.ca));
    const [leaf, ...chain] = parseCertificates(await readPublicFile(operands.certificate));
    const untrusted = await Promise.all(
      options.untrusted.map(async (path) => parseCertificates(await readPublicFile(path))),
    );
    const path = await verifyCertificate(leaf, {
      authorities,
      intermediates: [...chain, ...untrusted.flat()],
      purpose,
      ...(timeMs === undefined ? {} : { timeMs }),
      ...(name === undefined ? {} : { name }),
    });
    const subjects = path.map(({ subject }) => formatName(subject));
    report(options, io, { trusted: true, path: subjects }, [`trusted: ${subjects.join(" <- ")}`]);
    return 0;
  },
});
