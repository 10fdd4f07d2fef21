/**
 * Why a certificate, a key or a request is refused: one table, for programs that need not read
 * English.
 *
 * @module
 */

import { isCallError } from "../base/call_error.ts";
import { DariError, type DariErrorOptions, type ErrorCode, RpcError } from "../base/errors.ts";

/** Reason to what it means. A reason keeps its name and meaning over releases. */
export const certificateReasons = {
  malformed: "It is not the PEM or DER that belongs there.",
  too_large: "It is larger than dari reads.",
  absent: "The text holds no such thing.",
  unsupported: "It is of a kind that dari does not read or does not issue.",
  weak_key: "Its key is too weak.",
  weak_algorithm: "It is signed with an algorithm that is weak or unknown.",
  bad_signature: "Its signature is wrong.",
  key_mismatch: "The key is not the certificate's.",
  passphrase_needed: "The key is encrypted and no passphrase was given.",
  passphrase_wrong: "The passphrase does not open the key.",
  untrusted: "No path leads to a trusted authority.",
  too_complex: "The search for a path was given up.",
  not_yet_valid: "A certificate of the path is not valid yet.",
  expired: "A certificate of the path is no longer valid.",
  revoked: "It was revoked.",
  revocation_unknown: "No revocation list says whether it is revoked.",
  revocation_outdated: "The revocation list of its issuer is not in date.",
  old_version: "A certificate of the path is not of version 3.",
  bad_serial: "A certificate of the path has a serial number that RFC 5280 forbids.",
  profile: "A certificate of the path is not made as RFC 5280 wants it.",
  unknown_extension: "A certificate of the path has a critical extension that is unknown.",
  wrong_purpose: "A certificate of the path may not be used for this.",
  not_an_authority: "A certificate of the path is not an authority's and has signed another.",
  is_authority: "An authority's certificate is used as a leaf.",
  path_length: "More authorities stand below an authority than it allows.",
  no_name: "It has no name.",
  bad_name: "It has a name that is malformed, or a common name that is none of its names.",
  name_mismatch: "The name that was asked for is not among its names.",
  name_constraint: "It has a name that an authority above it may not issue for.",
  authority_requested: "The request asks for an authority's certificate.",
} as const;

/** Why a certificate, a key or a request is refused. */
export type CertificateReason = keyof typeof certificateReasons;

/** What is wrong with a certificate. */
export interface Fault {
  /** The reason, for programs. */
  readonly reason: CertificateReason;
  /** The same with its circumstances, for people. */
  readonly message: string;
}

/**
 * A certificate, a key or a request is refused.
 *
 * @example
 * ```ts
 * import { CertificateError, parseCertificates } from "@dari/dari/cert";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const error = assertThrows(() => parseCertificates("no PEM"), CertificateError);
 * assertEquals([error.code, error.reason], ["data", "absent"]);
 * ```
 */
export class CertificateError extends DariError {
  /** Why. */
  readonly reason: CertificateReason;

  /**
   * Makes the error.
   *
   * @param reason Why.
   * @param message What happened, what the value was, and what to do.
   * @param options The code, `data` when left out, and the cause.
   */
  constructor(
    reason: CertificateReason,
    message: string,
    options: DariErrorOptions & { readonly code?: ErrorCode } = {},
  ) {
    super(options.code ?? "data", message, options);
    this.reason = reason;
  }
}

/** Codes of errors that may be about what a file holds. */
const ofContents: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "data",
  "configuration",
  "invalid_params",
  "unauthenticated", // the key is not the one that the server asks for
]);

/**
 * Does something with what a file holds, and names the file where its contents are refused: whoever
 * reads the error has often named several.
 *
 * @param path The file.
 * @param work What is done.
 * @returns What the work returns.
 * @throws {CertificateError} As the work, with the path before the message.
 * @throws {DariError} As the work; with the path before the message where its code is `data`,
 * `configuration`, `invalid_params` or `unauthenticated`, and no other program has answered so.
 *
 * @example
 * ```ts
 * import { CertificateError, inFile, parseCertificates } from "@dari/dari/cert";
 * import { assertRejects } from "@std/assert";
 *
 * const read = () => inFile("ca.crt", () => parseCertificates("no PEM"));
 * await assertRejects(read, CertificateError, '"ca.crt": The PEM text holds no certificate');
 * ```
 */
export async function inFile<T>(path: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof DariError)) throw cause;
    const message = `"${path}": ${cause.message}`;
    if (cause instanceof CertificateError) {
      throw new CertificateError(cause.reason, message, { code: cause.code, cause });
    }
    const isAnswer = cause instanceof RpcError || isCallError(cause);
    throw isAnswer || !ofContents.has(cause.code)
      ? cause
      : new DariError(cause.code, message, { cause });
  }
}
