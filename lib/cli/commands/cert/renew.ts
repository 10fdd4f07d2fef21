import { DariError } from "../../../base/errors.ts";
import { renewDue, renewLeaf } from "../../../cert/mod.ts";
import { type Command, defineCommand, type Io } from "../../app/command.ts";
import { failureJson } from "../../app/failure.ts";
import { flag, optionalOperand } from "../../app/option.ts";
import { withProgress } from "../../app/progress.ts";
import { report } from "../../app/report.ts";
import { readCertificates } from "./source_file.ts";
import { file } from "../../app/value_type.ts";
import {
  authorityOptions,
  type OpenAuthority,
  openAuthorityAsAsked,
  renewalOptions,
} from "./options.ts";

/** sysexits.h: EX_TEMPFAIL. */
const TRY_AGAIN = 75;

/** `dari cert renew` */
export const command: Command = defineCommand({
  examples: ["dari cert renew api.internal.crt", "dari cert renew --all"],
  operands: { file: optionalOperand(file(), "the certificate's file, which is replaced") },
  options: {
    all: flag("renew every certificate that is past two thirds of its life"),
    ...renewalOptions,
    ...authorityOptions,
  },
  notes: ["The renewed certificate has the same key, names and purposes."],
  async run({ operands: { file }, options }, io) {
    if ((file === undefined) !== options.all) {
      throw new DariError("usage", "Give one of FILE and --all");
    }
    await using opened = await openAuthorityAsAsked(options, io);
    if (file === undefined) return await renewAll(opened, options, io);
    const { authority, ledger, previous } = opened;
    const [old] = await readCertificates(file);
    const life = options.days === undefined ? {} : { lifeMs: options.days };
    const entry = await ledger.entry(old.serial);
    const { serial } = await renewLeaf(authority, ledger, entry, { previous, ...life });
    // FILE may be a copy: the one that dari wrote is renewed.
    report(options, io, { serial, replaces: old.serial, file: entry.file }, [
      `${entry.file}: renewed as ${serial}`,
    ]);
    return 0;
  },
});

async function renewAll(
  { authority, ledger, previous }: OpenAuthority,
  options: { readonly json: boolean },
  io: Io,
): Promise<number> {
  const renewing = renewDue(authority, ledger, { previous });
  const results = await withProgress(io, "renewing the certificates that are due", renewing);
  const values = results.map((result) => ({
    serial: result.entry.serial,
    file: result.entry.file,
    ...(result.kind === "renewed"
      ? { renewedAs: result.certificate.serial }
      : failureJson(result.error)),
  }));
  if (options.json) io.print(JSON.stringify(values));
  else if (results.length === 0) io.print("nothing is due");
  else {
    for (const result of results) {
      if (result.kind === "failed") io.warn(`dari: ${result.reason}`);
      else io.print(`${result.entry.file}: renewed as ${result.certificate.serial}`);
    }
  }
  return results.some(({ kind }) => kind === "failed") ? TRY_AGAIN : 0;
}
