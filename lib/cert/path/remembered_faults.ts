/**
 * What was found wrong with certificates, for as long as they live: the same ones come again with each
 * connection.
 *
 * @module
 */

import type { Fault } from "../reasons.ts";
import type { Certificate } from "../x509/certificate.ts";

/**
 * Makes a check remember what it has said of each certificate.
 *
 * @param check Depends on nothing but the certificate's octets.
 * @returns The check; what `check` throws is not remembered.
 */
export function rememberFaults(
  check: (certificate: Certificate) => Fault | undefined,
): (certificate: Certificate) => Fault | undefined {
  const known = new WeakMap<Certificate, { readonly fault: Fault | undefined }>();
  return (certificate) => {
    let found = known.get(certificate);
    if (found === undefined) known.set(certificate, found = { fault: check(certificate) });
    return found.fault;
  };
}
