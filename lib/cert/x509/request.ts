/**
 * Certificate requests: a key's holder asks an authority for a certificate (PKCS#10).
 *
 * @see RFC 2986
 * @module
 */

import { limits } from "../../base/limits.ts";
import {
  DerReader,
  malformed,
  readBitStringOctets,
  readInteger,
  readOid,
  readWhole,
  tag,
} from "../der/reader.ts";
import { loadDerWriter } from "../der/writer.ts";
import { subjectAltNameNode } from "./certificate_template.ts";
import { type DistinguishedName, nameNode, readName, subjectFor } from "./distinguished_name.ts";
import { type Extensions, readExtensions } from "./extension.ts";
import { formatGeneralName, parseSubjectNames } from "./general_name.ts";
import { oid } from "../der/oid.ts";
import { decodePem } from "../der/pem.ts";
import { checkPublicKey } from "../key/public_key.ts";
import { type Signed, verifySignature } from "../key/signature.ts";
import { openSigner, sealNode } from "../key/signer.ts";
import { CertificateError } from "../reasons.ts";

/** A request whose signature has been verified: its sender holds the key. */
export interface CertificateRequest {
  /** The subject that it asks for. */
  readonly subject: DistinguishedName;
  /** The key as SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
  /** The extensions that it asks for. */
  readonly extensions: Extensions;
}

/**
 * Makes a request.
 *
 * @param privateKey The key as PKCS#8.
 * @param names The names to ask for, as `issueLeaf` takes them.
 * @param subject The subject to ask for; made of the first name when left out.
 * @returns The request in DER.
 * @throws {DariError} `usage` when a name or the subject is not usable.
 *
 * @example
 * ```ts
 * import { encodePem, generateKeyPair, makeRequest, parseRequest } from "@dari/dari/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const { publicKey, privateKey } = await generateKeyPair();
 * const der = await makeRequest(privateKey, ["api.internal"]);
 * const request = await parseRequest(encodePem("CERTIFICATE REQUEST", der));
 * assertEquals(request.publicKey, publicKey);
 * ```
 */
export async function makeRequest(
  privateKey: Uint8Array<ArrayBuffer>,
  names: readonly string[],
  subject?: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const parsed = parseSubjectNames(names);
  const attributes = subjectFor(subject, formatGeneralName(parsed[0]));
  const signer = await openSigner(privateKey);
  const writer = await loadDerWriter();
  const extensions = writer.sequence(subjectAltNameNode(writer, parsed, attributes.length === 0));
  const attribute = writer.sequence(writer.oid(oid.extensionRequest), writer.set(extensions));
  const info = writer.sequence(
    writer.integer(0),
    nameNode(writer, attributes),
    writer.raw(signer.publicKey),
    writer.explicit(0, attribute),
  );
  return await sealNode(writer, info, signer);
}

/** A request as it came. Nothing here has been verified. */
export interface RequestFields extends CertificateRequest, Signed {}

/**
 * Reads a request and verifies that its sender holds the key.
 *
 * @param text PEM with one block `CERTIFICATE REQUEST`.
 * @throws {CertificateError} `data` when it cannot be read, its signature is wrong, its key is weak, or it
 * asks to become an authority.
 *
 * @example
 * ```ts
 * import { CertificateError, parseRequest } from "@dari/dari/cert";
 * import { assertRejects } from "@std/assert";
 *
 * await assertRejects(() => parseRequest("hello"), CertificateError, "no certificate request");
 * ```
 */
export async function parseRequest(text: string): Promise<CertificateRequest> {
  const block = decodePem(text).find(({ label }) => isRequestLabel(label));
  if (block === undefined) {
    throw new CertificateError("absent", "The PEM text holds no certificate request");
  }
  const request = readRequest(block.bytes);
  checkPublicKey(request.publicKey);
  if (!await verifySignature(request, request.publicKey)) {
    throw new CertificateError(
      "bad_signature",
      "The request's signature is wrong: its sender does not have the key",
    );
  }
  const { subject, publicKey, extensions } = request;
  if (extensions.basicConstraints?.isAuthority === true) {
    throw new CertificateError(
      "authority_requested",
      "The request asks for an authority's certificate, which dari does not issue to others",
    );
  }
  if (extensions.keyUsage?.has("keyCertSign") || extensions.keyUsage?.has("cRLSign")) {
    throw new CertificateError(
      "authority_requested",
      "The request asks for a key usage that signs certificates, which only an authority has",
    );
  }
  return { subject, publicKey, extensions };
}

/** Whether a PEM block of this label is a request. */
export function isRequestLabel(label: string): boolean {
  return label === "CERTIFICATE REQUEST" || label === "NEW CERTIFICATE REQUEST";
}

/**
 * Reads a request and verifies nothing.
 *
 * @param der Its DER.
 * @throws {CertificateError} `data` when it is not a request in strict DER, or is too large.
 */
export function readRequest(der: Uint8Array<ArrayBuffer>): RequestFields {
  if (der.length > limits.maxCertificateBytes) {
    throw new CertificateError(
      "too_large",
      `The request has ${der.length} octets; at most ${limits.maxCertificateBytes} are read`,
    );
  }
  const outer = readWhole(der);
  const info = outer.element(tag.sequence);
  const signatureAlgorithm = outer.element(tag.sequence).bytes;
  const signature = readBitStringOctets(outer);
  outer.end();
  const fields = new DerReader(info.contents);
  if (readInteger(fields)[0] !== 0) throw malformed("a request that is not of version 1");
  const subject = readName(fields);
  const publicKey = fields.element(tag.sequence).bytes;
  const extensions = readAttributes(fields);
  return { tbs: info.bytes, signatureAlgorithm, signature, subject, publicKey, extensions };
}

/** Takes the attributes; what is not a request for extensions (a challenge password) is dropped. */
function readAttributes(fields: DerReader): Extensions {
  let extensions: Extensions = { all: [], critical: [] };
  const attributes = fields.optional(tag.contextConstructed(0));
  fields.end();
  if (attributes === undefined) return extensions;
  const list = new DerReader(attributes.contents);
  while (!list.done) {
    const attribute = list.sequence();
    const id = readOid(attribute);
    const values = attribute.sequence(tag.set);
    attribute.end();
    if (id !== oid.extensionRequest) continue;
    if (extensions.all.length > 0) throw malformed("two lists of extensions");
    extensions = readExtensions(values.sequence());
    values.end();
  }
  return extensions;
}
