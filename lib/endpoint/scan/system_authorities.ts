/**
 * The authorities that this machine trusts.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { decodePem } from "../../cert/der/pem.ts";
import { type Certificate, parseCertificate } from "../../cert/x509/certificate.ts";

/** Where families of Linux systems, and BSD and macOS, keep all authorities in one file. */
const BUNDLES = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];
const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Reads the authorities that this machine trusts.
 *
 * @param bundles Files that may have them; the first that can be read counts.
 * @returns Those that can be read; none where no file can.
 */
export async function readSystemAuthorities(
  bundles: readonly string[] = BUNDLES,
): Promise<Certificate[]> {
  for (const path of bundles) {
    let text: string;
    try {
      text = await Deno.readTextFile(path);
    } catch {
      continue; // the next family's
    }
    return [...text.matchAll(BLOCK)].flatMap(([block]) => readOne(block));
  }
  return [];
}

/** Some authorities of the last century do not keep to DER; no path needs them today. */
function readOne(block: string): Certificate[] {
  try {
    return decodePem(block).map(({ bytes }) => parseCertificate(bytes));
  } catch (error) {
    if (error instanceof DariError) return [];
    throw error;
  }
}
