/**
 * Writing certificates (RFC 5280 section 4.1) and their extensions.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { type DerNode, type DerWriter, loadDerWriter } from "../der/writer.ts";
import { type NameAttribute, nameNode } from "./distinguished_name.ts";
import { type KeyUsage, keyUsages } from "./extension.ts";
import { generalNameNode, type SubjectName } from "./general_name.ts";
import { oid } from "../der/oid.ts";
import { keyIdOf } from "../key/public_key.ts";
import { sealNode, signatureAlgorithmNode, type Signer } from "../key/signer.ts";

/** What a leaf is for: one end of TLS, or signing documents such as the checkpoints of an audit. */
export type Purpose = "server" | "client" | "documents";

/** The fields of a certificate. */
export interface CertificateTemplate {
  /** The serial number's octets, of {@linkcode randomSerial}. */
  readonly serial: Uint8Array;
  /** The subject's name. */
  readonly subject: readonly NameAttribute[];
  /** The subject's key as SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
  /** The first moment at which it is valid; written in whole seconds. */
  readonly notBeforeMs: number;
  /** The last moment at which it is valid; written in whole seconds. */
  readonly notAfterMs: number;
  /** What the key may be used for. */
  readonly keyUsage: readonly KeyUsage[];
  /** Only for an authority: how many authorities may stand below it. */
  readonly pathLength?: number;
  /** Only for an authority: the names that it may issue for; a name of `ip` kind is a range. */
  readonly permitted?: readonly SubjectName[];
  /** Only for an authority: the names that it may not issue for. */
  readonly excluded?: readonly SubjectName[];
  /** Only for a leaf: its purposes. */
  readonly purposes?: readonly Purpose[];
  /** Only for a leaf: the subject's names. */
  readonly names?: readonly SubjectName[];
}

/** The issuer: its name, which goes into the certificate, and the key that signs it. */
export interface Issuer {
  /** The issuer's name in DER; left out when the certificate signs itself. */
  readonly subject?: Uint8Array;
  /** The key. */
  readonly signer: Signer;
}

/** The extended key usage of each purpose. */
export const purposeOids: Readonly<Record<Purpose, string>> = {
  server: oid.serverAuth,
  client: oid.clientAuth,
  documents: oid.documentSigning,
};

/**
 * A new serial number: positive, and too random to be guessed or met twice.
 *
 * @see RFC 5280 section 4.1.2.2
 */
export function randomSerial(): Uint8Array<ArrayBuffer> {
  const serial = crypto.getRandomValues(new Uint8Array(limits.serialBytes));
  // The first bit 0 keeps it positive, the second 1 gives every serial the same length.
  serial[0] = serial[0]! & 0x7f | 0x40;
  return serial;
}

/**
 * Writes and signs a certificate.
 *
 * @param template The certificate's fields.
 * @param issuer The issuer's name and key.
 * @returns Its DER.
 */
export async function signCertificate(
  template: CertificateTemplate,
  issuer: Issuer,
): Promise<Uint8Array<ArrayBuffer>> {
  const writer = await loadDerWriter();
  const keyId = await keyIdOf(template.publicKey);
  const subject = nameNode(writer, template.subject);
  const toBeSigned = writer.sequence(
    writer.explicit(0, writer.integer(2)),
    writer.integer(template.serial),
    signatureAlgorithmNode(writer, issuer.signer),
    issuer.subject === undefined ? subject : writer.raw(issuer.subject),
    writer.sequence(writer.time(template.notBeforeMs), writer.time(template.notAfterMs)),
    subject,
    writer.raw(template.publicKey),
    writer.explicit(3, writer.sequence(...extensionNodes(writer, template, keyId, issuer))),
  );
  return await sealNode(writer, toBeSigned, issuer.signer);
}

/** One Extension around its value. */
export function extensionNode(
  writer: DerWriter,
  id: string,
  value: DerNode,
  critical = false,
): DerNode {
  return writer.sequence(
    writer.oid(id),
    critical ? writer.true() : undefined,
    writer.octetString(writer.encode(value)),
  );
}

/** subjectAltName; critical where there is no subject beside it (RFC 5280 section 4.2.1.6). */
export function subjectAltNameNode(
  writer: DerWriter,
  names: readonly SubjectName[],
  critical: boolean,
): DerNode {
  const value = writer.sequence(...names.map((name) => generalNameNode(writer, name)));
  return extensionNode(writer, oid.subjectAltName, value, critical);
}

function extensionNodes(
  writer: DerWriter,
  template: CertificateTemplate,
  keyId: Uint8Array,
  issuer: Issuer,
): DerNode[] {
  const { pathLength, keyUsage, purposes, names } = template;
  const isAuthority = pathLength !== undefined;
  const usageBits = keyUsage.map((usage) => keyUsages.indexOf(usage));
  const constraints = isAuthority
    ? writer.sequence(writer.true(), writer.integer(pathLength))
    : writer.sequence();
  const nodes = [
    extensionNode(writer, oid.basicConstraints, constraints, true),
    extensionNode(writer, oid.keyUsage, writer.namedBits(usageBits), true),
  ];
  if (purposes !== undefined) {
    const value = writer.sequence(...purposes.map((purpose) => writer.oid(purposeOids[purpose])));
    nodes.push(extensionNode(writer, oid.extKeyUsage, value));
  }
  if (names !== undefined && names.length > 0) {
    nodes.push(subjectAltNameNode(writer, names, template.subject.length === 0));
  }
  const nameConstraints = nameConstraintsNode(writer, template);
  if (nameConstraints !== undefined) {
    nodes.push(extensionNode(writer, oid.nameConstraints, nameConstraints, true));
  }
  nodes.push(extensionNode(writer, oid.subjectKeyIdentifier, writer.octetString(keyId)));
  if (issuer.subject !== undefined) {
    const value = writer.sequence(writer.implicit(0, issuer.signer.keyId));
    nodes.push(extensionNode(writer, oid.authorityKeyIdentifier, value));
  }
  return nodes;
}

function nameConstraintsNode(
  writer: DerWriter,
  { permitted = [], excluded = [] }: CertificateTemplate,
): DerNode | undefined {
  if (permitted.length === 0 && excluded.length === 0) return undefined;
  const subtrees = (names: readonly SubjectName[]) =>
    names.map((name) => writer.sequence(generalNameNode(writer, name)));
  return writer.sequence(
    permitted.length === 0 ? undefined : writer.explicit(0, ...subtrees(permitted)),
    excluded.length === 0 ? undefined : writer.explicit(1, ...subtrees(excluded)),
  );
}
