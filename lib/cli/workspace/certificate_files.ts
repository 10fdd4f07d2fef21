/**
 * A certificate and its private key from files that the user names.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { readNamedSecretFile, readPublicFile } from "../../base/file/files.ts";
import { inFile } from "../../cert/reasons.ts";
import type { CertificateAndKey } from "../../transport/tls/key_pair.ts";

/** The paths of a certificate and its private key. */
export interface CertificateFiles {
  /** The certificate with its chain, PEM. */
  readonly certFile: string;
  /** The private key, PEM, readable by its owner alone. */
  readonly keyFile: string;
}

/**
 * Takes `--cert` and `--key`, which only make sense together.
 *
 * @param cert What the user typed for `--cert`.
 * @param key What the user typed for `--key`.
 * @returns Both, or `undefined` where neither was given.
 * @throws {DariError} `usage` when one of the two is missing.
 */
export function certificateFilesOf(
  cert: string | undefined,
  key: string | undefined,
): CertificateFiles | undefined {
  if (cert === undefined && key === undefined) return undefined;
  if (cert !== undefined && key !== undefined) return { certFile: cert, keyFile: key };
  throw new DariError("usage", "--cert and --key belong together; give both");
}

/**
 * Reads a certificate and its private key.
 *
 * @param cert What the user typed for `--cert`.
 * @param key What the user typed for `--key`.
 * @returns Their texts; nothing where neither was given.
 * @throws {DariError} `usage` when one of the two is missing, `io` or `configuration` when a file
 * cannot be used.
 */
export async function readCertificateFiles(
  cert: string | undefined,
  key: string | undefined,
): Promise<Partial<CertificateAndKey>> {
  const files = certificateFilesOf(cert, key);
  if (files === undefined) return {};
  const pair = {
    cert: await readPublicFile(files.certFile),
    key: await readNamedSecretFile(files.keyFile),
  };
  const { checkKeyPair } = await import("../../transport/tls/key_pair.ts");
  await inFile(`${files.certFile}" with "${files.keyFile}`, () => checkKeyPair(pair));
  return pair;
}

/**
 * Reads authorities to trust.
 *
 * @param path Their file.
 * @returns Its text.
 * @throws {DariError} `configuration` when it holds none or one cannot be read, and what reading a
 * file throws.
 */
export async function readAuthorities(path: string): Promise<string> {
  const authorities = await readPublicFile(path);
  const { splitAuthorities } = await import("../../transport/tls/key_pair.ts");
  await inFile(path, () => splitAuthorities(authorities));
  return authorities;
}
