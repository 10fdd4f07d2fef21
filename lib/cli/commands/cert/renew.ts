import { DariError } from "../../../base/errors.ts";
import { renewDue, renewLeaf } from "../../../cert/mod.ts";
import { type Command, defineCommand, type Io } from "../../app/command.ts";
import { failureJson } from "../../app/failure.ts";
import { flag, option, optionalOperand } from "../../app/option.ts";
import { withProgress } from "../../app/progress.ts";
import { report } from "../../app/report.ts";
import { readCertificates } from "./source_file.ts";
import { address, file } from "../../app/value_type.ts";
import { connectionOptions } from "../../workspace/server_connection.ts";
import { renewRemotely } from "../../renewal/renew_remotely.ts";
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
  examples: [
    "dari cert renew api.internal.crt",
    "dari cert renew --all",
    ["dari cert renew --to box.example.com:9090", "the client certificate of an invitation"],
    ["dari cert renew api.crt --to box.example.com:9090", "its authority is on another machine"],
  ],
  operands: { file: optionalOperand(file(), "the certificate's file, which is replaced") },
  options: {
    all: flag("renew every certificate that is past two thirds of its life"),
    to: option(address, "renew at this server, whose authority issued the certificate"),
    key: option(file(), "with --to, the key of FILE (mode 0600; default: FILE with .key)"),
    ca: connectionOptions.ca,
    "ca-only": connectionOptions["ca-only"],
    timeout: connectionOptions.timeout,
    ...renewalOptions,
    ...authorityOptions,
  },
  notes: [
    "The renewed certificate has the same key, names and purposes.",
    "With --to the server is asked for it by a proof of the key. It has to be valid still, and not " +
    "revoked. Without FILE it is the client certificate that dari accept has kept for this server. " +
    "Whoever asks again, after an answer that was lost, gets the same certificate.",
  ],
  async run({ operands: { file }, options }, io) {
    if (options.to !== undefined) {
      if (options.all || options.days !== undefined) {
        throw new DariError(
          "usage",
          "--all and --days are for the server's own machine, not for --to",
        );
      }
      return await renewRemotely({ ...options, to: options.to, file }, io);
    }
    if (options.key !== undefined || options.ca !== undefined) {
      throw new DariError("usage", "--key and --ca are for --to ADDRESS");
    }
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
