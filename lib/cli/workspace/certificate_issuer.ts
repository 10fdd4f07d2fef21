/**
 * Issuing certificates for invitations that are accepted at a running server.
 *
 * @module
 */

import type { IssueCertificate } from "../../auth/mod.ts";
import { DariError } from "../../base/errors.ts";
import type { Ledger } from "../../cert/ledger/ledger.ts";

/**
 * Gives a function that issues certificates by the authority of a data directory.
 *
 * @param directory The data directory.
 * @param ledger Where they are recorded.
 * @param passphrase What the authority's key is encrypted with.
 * @returns It throws `DariError`: `invalid_params` for a request that cannot be used,
 * `failed_precondition` where the authority cannot issue.
 */
export function certificateIssuer(
  directory: string,
  ledger: Ledger,
  passphrase: string | undefined,
): IssueCertificate {
  return async (text, name, purposes) => {
    // Loaded here: most servers never issue.
    const { encodePem, loadAuthority, parseRequest, signRequest } = await import(
      "../../cert/mod.ts"
    );
    const request = await parseRequest(text).catch((cause) => {
      throw told("invalid_params", cause);
    });
    try {
      const authority = await loadAuthority(directory, passphrase);
      const { certificate } = await signRequest(authority, ledger, request, {
        names: [name],
        purposes,
      });
      return encodePem("CERTIFICATE", certificate.der);
    } catch (cause) {
      throw told("failed_precondition", cause);
    }
  };
}

/** Whoever accepts an invitation is told why, and nothing of this machine's files. */
function told(code: "invalid_params" | "failed_precondition", cause: unknown): unknown {
  if (!(cause instanceof DariError)) return cause;
  const message = code === "invalid_params"
    ? `The certificate request cannot be used: ${cause.message}`
    : "The server's authority cannot issue the certificate now; the server's owner can see why";
  return new DariError(code, message, { cause });
}
