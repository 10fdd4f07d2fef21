import { type Certificate, parseCertificate } from "../../lib/cert/x509/certificate.ts";
import {
  type CertificateTemplate,
  randomSerial,
  signCertificate,
} from "../../lib/cert/x509/certificate_template.ts";
import { parseSubject } from "../../lib/cert/x509/distinguished_name.ts";
import { parseSubjectName, type SubjectName } from "../../lib/cert/x509/general_name.ts";
import { generateKeyPair, type KeyAlgorithm } from "../../lib/cert/key/key_pair.ts";
import { openSigner, type Signer } from "../../lib/cert/key/signer.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;

/** The moment at which the certificates of these tests are valid. */
export const NOON_MS = Date.parse("2026-06-01T12:00:00Z");

/** A certificate with its key, which can sign others even where that is forbidden. */
export interface TestIssuer {
  readonly certificate: Certificate;
  readonly signer: Signer;
}

/** How a test certificate differs from a valid one. */
export interface TestOptions extends Partial<Omit<CertificateTemplate, "subject" | "names">> {
  readonly subject?: string;
  readonly names?: readonly string[];
  readonly algorithm?: KeyAlgorithm;
  readonly issuer?: TestIssuer;
}

/** Makes an authority; without an issuer it signs itself. */
export function testAuthority(options: TestOptions = {}): Promise<TestIssuer> {
  return make({
    subject: "CN=test root",
    keyUsage: ["keyCertSign", "cRLSign"],
    pathLength: 9,
    ...options,
  });
}

/** Makes a leaf of an issuer, for `leaf.internal`. */
export async function testLeaf(
  issuer: TestIssuer,
  options: TestOptions = {},
): Promise<Certificate> {
  return (await testEntity(issuer, options)).certificate;
}

/** Makes a leaf and keeps its key, so that it can sign certificates, which it must not. */
export function testEntity(issuer: TestIssuer, options: TestOptions = {}): Promise<TestIssuer> {
  return make({
    subject: "CN=leaf",
    names: ["leaf.internal"],
    purposes: ["server"],
    keyUsage: ["digitalSignature"],
    issuer,
    ...options,
  });
}

async function make(options: TestOptions): Promise<TestIssuer> {
  const { algorithm, issuer, names, subject, ...template } = options;
  const { publicKey, privateKey } = await generateKeyPair(algorithm);
  const signer = await openSigner(privateKey);
  const parsed: readonly SubjectName[] | undefined = names?.map(parseSubjectName);
  const by = issuer === undefined
    ? { signer }
    : { subject: issuer.certificate.subject.der, signer: issuer.signer };
  const der = await signCertificate({
    serial: randomSerial(),
    notBeforeMs: NOON_MS - DAY_MS,
    notAfterMs: NOON_MS + DAY_MS,
    keyUsage: [],
    publicKey,
    subject: subject === undefined ? [] : parseSubject(subject),
    ...template,
    ...(parsed === undefined ? {} : { names: parsed }),
  }, by);
  return { certificate: parseCertificate(der), signer };
}
