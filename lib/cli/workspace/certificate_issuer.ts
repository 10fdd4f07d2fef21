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
  return async (text, name, purposes, further) => {
    // Loaded here: most servers never issue.
    const { encodePem, loadAuthority, parseRequest, signRequest } = await import(
      "../../cert/mod.ts"
    );
    const request = await parseRequest(text).catch((cause) => {
      throw cause instanceof DariError
        ? new DariError(
          "invalid_params",
          `The certificate request cannot be used: ${cause.message}`,
          { cause },
        )
        : cause;
    });
    try {
      const authority = await loadAuthority(directory, passphrase);
      const { certificate } = await signRequest(authority, ledger, request, {
        names: [name, ...further],
        purposes,
      });
      return encodePem("CERTIFICATE", certificate.der);
    } catch (cause) {
      throw issuingFailure(cause);
    }
  };
}

/**
 * What a client is told of an authority that cannot issue: why, and nothing of this machine's files.
 *
 * @param cause What was thrown.
 * @returns The error for the client.
 */
export function issuingFailure(cause: unknown): unknown {
  if (!(cause instanceof DariError)) return cause;
  const message = cause.code === "not_found"
    ? "This server has no authority that issues certificates"
    : "reason" in cause && cause.reason === "passphrase_needed"
    ? "The key of the server's authority is encrypted, and the server was started without its " +
      "passphrase; the server's owner can give it with --passphrase-stdin or --passphrase-file"
    : "The server's authority cannot issue the certificate now; the server's owner can see why";
  return new DariError("failed_precondition", message, { cause });
}
