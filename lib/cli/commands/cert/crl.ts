import { exists } from "../../../base/file/file_state.ts";
import { DariError } from "../../../base/errors.ts";
import { readPublicFile, writeFileAtomic } from "../../../base/file/files.ts";
import { limits } from "../../../base/limits.ts";
import {
  type Authority,
  CertificateError,
  decodePem,
  encodePem,
  issueRevocationList,
  parseRevocationLists,
  type RevocationList,
} from "../../../cert/mod.ts";
import { checkWritable } from "../../../cert/authority/leaf_files.ts";
import { sameBytes } from "../../../cert/x509/certificate.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { formatDuration } from "../../app/duration.ts";
import { option } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { file } from "../../app/value_type.ts";
import { dataDirectoryOf } from "../../workspace/data_directory.ts";
import { authorityOptions, openAuthorityAsAsked } from "./options.ts";

/** `dari cert crl` */
export const command: Command = defineCommand({
  examples: ["dari cert crl", "dari cert crl --out /srv/www/ca.crl"],
  options: {
    out: option(
      file(),
      "where it is written (default: ca.crl in the data directory); only an older list is replaced",
    ),
    ...authorityOptions,
  },
  notes: [
    "The list is for programs that do not read the ledger. It is valid for " +
    `${formatDuration(limits.revocationListLifeMs)}.`,
    "During a rotation the file holds the lists of both authorities.",
  ],
  async run({ options }, io) {
    await using opened = await openAuthorityAsAsked(options, io);
    const { authority, ledger, previous } = opened;
    const { out = `${dataDirectoryOf(options, io)}/ca.crl` } = options;
    const replaced = await replacedLists(out);
    await checkWritable(out); // before the ledger records a list in vain
    const lists = await Promise.all(
      [authority, ...previous].map((one) =>
        issueRevocationList(one, ledger, numberOf(one, replaced))
      ),
    );
    const pem = lists.map((list) => encodePem("X509 CRL", list)).join("");
    // A revocation list is meant for everyone.
    await writeFileAtomic(out, pem, { mode: 0o644 });
    const revoked = (await ledger.entries()).filter((entry) => entry.revoked !== undefined).length;
    report(options, io, { file: out, revoked }, [`${out}: ${revoked} revoked`]);
    return 0;
  },
});

/**
 * Reads the lists that are to be replaced; refuses anything else, which could be the authority's key.
 */
async function replacedLists(path: string): Promise<RevocationList[]> {
  if (!await exists(path)) return [];
  const { isFile } = await Deno.lstat(path);
  const text = isFile ? await readPublicFile(path) : "";
  try {
    if (decodePem(text).every(({ label }) => label === "X509 CRL")) {
      return parseRevocationLists(text);
    }
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error;
  }
  throw new DariError(
    "already_exists",
    `"${path}" is not a revocation list; it was left as it is: name another --out`,
  );
}

/** The highest number that an authority has given its lists. */
function numberOf({ certificate }: Authority, lists: readonly RevocationList[]): bigint {
  return lists
    .filter(({ issuer }) => sameBytes(issuer.der, certificate.subject.der))
    .reduce((highest, { number }) => number > highest ? number : highest, 0n);
}
