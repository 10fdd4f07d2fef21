/**
 * A certificate and its key from files that the user names.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { readPublicFile, readSecretFile } from "../../base/files.ts";
import type { CertificateAndKey } from "../../transport/tls/key_pair.ts";

/**
 * Reads a certificate and its key.
 *
 * @param certFile The certificate with its chain, PEM.
 * @param keyFile The key, PEM, readable by its owner alone.
 * @returns Their texts.
 * @throws {DariError} `usage` when one of the two is missing, `io` or `configuration` when a file
 * cannot be used.
 */
export async function readKeyPair(
  certFile: string | undefined,
  keyFile: string | undefined,
): Promise<CertificateAndKey> {
  if (certFile === undefined || keyFile === undefined) {
    throw new DariError("usage", "--cert and --key belong together; give both");
  }
  return { cert: await readPublicFile(certFile), key: await readSecretFile(keyFile) };
}
