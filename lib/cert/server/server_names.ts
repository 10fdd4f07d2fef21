/**
 * The names that a server's certificate gets, and what happens where its authority does not permit
 * them. An authority's permits cannot grow: a client that has the old `ca.crt` would refuse the whole
 * certificate, `localhost` included. So a new authority takes its place, or the names are left out.
 *
 * @see RFC 5280 section 4.2.1.10
 * @module
 */

import { exists } from "../../base/file/file_state.ts";
import type { WriteLog } from "../../base/text/write_log.ts";
import { authorityFiles } from "../authority/authority_files.ts";
import { readAuthorityCertificates } from "../authority/directory.ts";
import { defaultPermits, permitsAll, permitsOf, privatePermits } from "../authority/permit.ts";
import { replaceLocked, type RotationOptions } from "../authority/rotation.ts";
import { checkNameConstraints } from "../path/name_constraints.ts";
import { CertificateError } from "../reasons.ts";
import type { Certificate } from "../x509/certificate.ts";
import { formatGeneralName, parseSubjectName } from "../x509/general_name.ts";

/** This machine, seen from itself. */
const ownNames = ["localhost", "127.0.0.1", "::1"];

/** What {@linkcode settleNames} goes by; `ServerIdentityOptions` describes each. */
export interface NameOptions extends Pick<RotationOptions, "passphrase" | "ledger" | "clock"> {
  readonly foundNames?: readonly string[];
  readonly permits?: readonly string[];
  readonly mayReplaceAuthority?: boolean;
  readonly tell?: WriteLog;
}

/**
 * Says which names a server's certificate gets, and replaces its authority where that is wanted and
 * needed. For a caller that holds the authority's lock.
 *
 * @param directory The data directory, which has an authority.
 * @param wanted The names that the user gave.
 * @param options Further names, and what is allowed.
 * @returns The names. One that the user gave stays, so that issuing refuses it where it is not
 * permitted.
 * @throws {DariError} What replacing the authority throws.
 */
export async function settleNames(
  directory: string,
  wanted: readonly string[],
  options: NameOptions,
): Promise<string[]> {
  const { foundNames = [], tell = () => {} } = options;
  let issuing = await issuingAuthority(directory);
  const refused = [
    ...refusedBy(issuing, wanted),
    ...isOfEarlierVersion(issuing) ? refusedBy(issuing, foundNames) : [],
  ];
  if (refused.length > 0 && options.mayReplaceAuthority === true && isMadeByDefault(issuing)) {
    if (await replaceAuthority(directory, issuing, wanted, options)) {
      issuing = await issuingAuthority(directory);
      tell(
        `A new authority was made, which permits ${refused.join(", ")}: the old one does not. ` +
          `${directory}/${authorityFiles.certificates} now has both; give it to clients that have a ` +
          "copy of it, and end the change with dari cert rotate",
        "warn",
      );
    }
  }
  const leftOut = refusedBy(issuing, foundNames);
  if (leftOut.length > 0) {
    const names = leftOut.join(", ");
    tell(`The certificate is not for ${names}: the authority does not permit that`, "warn");
  }
  const own = ownNames.filter((name) => refusedBy(issuing, [name]).length === 0);
  const found = foundNames.filter((name) => !leftOut.includes(name));
  return [...new Set([...own, ...wanted, ...found])];
}

/** @returns `false` where the key is locked away and no name depends on it that the user gave. */
async function replaceAuthority(
  directory: string,
  old: Certificate,
  wanted: readonly string[],
  options: NameOptions,
): Promise<boolean> {
  const before = permitsOf(old.extensions.nameConstraints);
  const permits = [...before, ...options.permits ?? [], ...wanted];
  try {
    await replaceLocked(directory, { ...options, permits: [...new Set(permits)] });
    return true;
  } catch (error) {
    const isLocked = error instanceof CertificateError && error.reason === "passphrase_needed";
    // A server that has started without the passphrase so far goes on doing so.
    if (isLocked && refusedBy(old, wanted).length === 0) return false;
    throw error;
  }
}

/** The newest authority stands last, and issues unless a rotation has only prepared it. */
async function issuingAuthority(directory: string): Promise<Certificate> {
  const authorities = await readAuthorityCertificates(directory);
  const isPrepared = authorities.length > 1 &&
    await exists(`${directory}/${authorityFiles.nextKey}`);
  return authorities.at(isPrepared ? -2 : -1)!;
}

function isMadeByDefault({ extensions: { nameConstraints } }: Certificate): boolean {
  return permitsAll(nameConstraints, defaultPermits);
}

/** Made by default, before private addresses were permitted. */
function isOfEarlierVersion({ extensions: { nameConstraints } }: Certificate): boolean {
  return permitsAll(nameConstraints, defaultPermits) &&
    !permitsAll(nameConstraints, privatePermits);
}

function refusedBy({ extensions }: Certificate, names: readonly string[]): string[] {
  const { nameConstraints } = extensions;
  if (nameConstraints === undefined) return [];
  return names.filter((name) =>
    checkNameConstraints([parseSubjectName(name)], nameConstraints) !== undefined
  ).map((name) => formatGeneralName(parseSubjectName(name)));
}
