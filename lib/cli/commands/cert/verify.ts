import { DariError } from "../../../base/errors.ts";
import { readPublicFile } from "../../../base/files.ts";
import {
  formatName,
  parseCertificates,
  type Purpose,
  verifyCertificate,
} from "../../../cert/mod.ts";
import type { Command } from "../../app/command.ts";
import { wordOf } from "./options.ts";

/** `dari cert verify` */
export const command: Command = {
  summary: "Say whether a certificate is to be trusted, and why not",
  help: `
Verify a certificate up to a trusted authority. Exit code 65 and the reason when it fails.

  dari cert verify api.internal.crt --ca .dari/ca.crt --name api.internal
  dari cert verify worker.crt --ca root.crt --untrusted chain.crt --purpose client
  dari cert verify api.crt --ca root.crt --time 2027-01-01T00:00:00Z

  --ca FILE          the authorities that are trusted
  --untrusted FILE   certificates that may stand between; several times
  --name NAME        the name that it must stand for
  --purpose PURPOSE  server (default) or client
  --time TIME        the moment at which it must be valid, as ISO 8601 (default now)
  --json             one JSON value; when it fails, error.reason says why in one word`,
  flags: { string: ["ca", "untrusted", "name", "purpose", "time"], collect: ["untrusted"] },
  async run(args, io) {
    const file = wordOf(args, "the certificate's file");
    const ca = args.option("ca");
    if (ca === undefined) {
      throw new DariError("usage", "Give the trusted authorities with --ca FILE");
    }
    const name = args.option("name");
    const purpose = purposeOption(args.option("purpose"));
    const time = timeOption(args.option("time"));
    const authorities = parseCertificates(await readPublicFile(ca));
    const [leaf, ...chain] = parseCertificates(await readPublicFile(file));
    const untrusted = await Promise.all(
      args.options("untrusted").map(async (path) => parseCertificates(await readPublicFile(path))),
    );
    const path = await verifyCertificate(leaf, {
      authorities,
      intermediates: [...chain, ...untrusted.flat()],
      purpose,
      ...time,
      ...(name === undefined ? {} : { name }),
    });
    const subjects = path.map(({ subject }) => formatName(subject));
    if (args.flag("json")) io.print(JSON.stringify({ trusted: true, path: subjects }));
    else io.print(`trusted: ${subjects.join(" <- ")}`);
    return 0;
  },
};

function purposeOption(text = "server"): Purpose {
  if (text === "server" || text === "client") return text;
  throw new DariError("usage", `--purpose takes server or client; not "${text}"`);
}

function timeOption(text: string | undefined): { timeMs?: number } {
  if (text === undefined) return {};
  const form = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.exec(text);
  const timeMs = form === null ? NaN : Date.parse(text);
  // Date.parse makes the second of March of the thirtieth of February.
  const isDay = form !== null && !Number.isNaN(timeMs) &&
    new Date(form[1]!).toISOString().startsWith(form[1]!);
  if (!isDay) {
    throw new DariError(
      "usage",
      `--time takes a moment such as 2027-01-01T00:00:00Z; not "${text}"`,
    );
  }
  return { timeMs };
}
