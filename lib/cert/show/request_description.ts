/**
 * Certificate requests as text for people.
 *
 * @module
 */

import { CertificateError } from "../reasons.ts";
import { verifySignature } from "../key/signature.ts";
import { formatName } from "../x509/distinguished_name.ts";
import { formatGeneralName } from "../x509/general_name.ts";
import { readRequest } from "../x509/request.ts";
import { describeKey, titleOf } from "./inspect.ts";
import { formatRows } from "./rows.ts";

/** The fields of a request, as plain values that JSON can hold. */
export interface RequestDescription {
  /** The subject that it asks for. */
  readonly subject: string;
  /** The kind of key. */
  readonly key: string;
  /** The names that it asks for. */
  readonly names: readonly string[];
  /** Whether it asks to become an authority. */
  readonly isAuthority: boolean;
  /** What the key is to be used for. */
  readonly keyUsage: readonly string[];
  /** What the certificate is to be used for. */
  readonly extKeyUsage: readonly string[];
  /** Identifiers of all extensions that it asks for. */
  readonly extensions: readonly string[];
  /** Whether its sender has the key. */
  readonly isSignatureRight: boolean;
}

/**
 * Describes a request, also one that `parseRequest` refuses.
 *
 * @param der The request.
 * @throws {CertificateError} `data` when it is not a request in strict DER.
 *
 * @example
 * ```ts
 * import { describeRequest, generateKeyPair, makeRequest } from "@dari/dari/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const { privateKey } = await generateKeyPair();
 * const { names } = await describeRequest(await makeRequest(privateKey, ["api.internal"]));
 * assertEquals(names, ["api.internal"]);
 * ```
 */
export async function describeRequest(der: Uint8Array<ArrayBuffer>): Promise<RequestDescription> {
  const request = readRequest(der);
  const { extensions, publicKey } = request;
  return {
    subject: formatName(request.subject),
    key: describeKey(publicKey),
    names: (extensions.subjectAltName ?? []).map(formatGeneralName),
    isAuthority: extensions.basicConstraints?.isAuthority ?? false,
    keyUsage: [...extensions.keyUsage ?? []],
    extKeyUsage: (extensions.extKeyUsage ?? []).map(titleOf),
    extensions: extensions.all.map(titleOf),
    isSignatureRight: await verifySignature(request, publicKey).catch((error) => {
      if (error instanceof CertificateError) return false; // no signature can be checked with its key
      throw error;
    }),
  };
}

/**
 * Sets a description in lines.
 *
 * @param description What {@linkcode describeRequest} gave.
 * @returns Lines without an LF at the end.
 *
 * @example
 * ```ts
 * import { describeRequest, formatRequest, generateKeyPair, makeRequest } from "@dari/dari/cert";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const { privateKey } = await generateKeyPair();
 * const der = await makeRequest(privateKey, ["api.internal"]);
 * assertStringIncludes(formatRequest(await describeRequest(der)), "names      api.internal");
 * ```
 */
export function formatRequest(description: RequestDescription): string {
  return formatRows([
    ["request", description.isSignatureRight ? "signed by its key" : "NOT signed by its key"],
    ["subject", description.subject],
    ["key", description.key],
    ["names", description.names.join(", ")],
    ["authority", description.isAuthority ? "asked for" : "no"],
    ["key usage", description.keyUsage.join(", ")],
    ["good for", description.extKeyUsage.join(", ")],
    ["extensions", description.extensions.join(", ")],
  ]);
}
