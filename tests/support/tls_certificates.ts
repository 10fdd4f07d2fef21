import {
  type CertificateTemplate,
  randomSerial,
  signCertificate,
} from "../../lib/cert/x509/certificate_template.ts";
import { parseSubject } from "../../lib/cert/x509/distinguished_name.ts";
import { parseSubjectName } from "../../lib/cert/x509/general_name.ts";
import {
  encodePem,
  encodePrivateKeyPem,
  generateKeyPair,
  parseCertificate,
} from "../../lib/cert/mod.ts";
import { openSigner, type Signer } from "../../lib/cert/key/signer.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;

/** An authority for handshakes, valid today. */
export interface TlsAuthority {
  readonly pem: string;
  readonly subject: Uint8Array<ArrayBuffer>;
  readonly signer: Signer;
  readonly privateKey: Uint8Array<ArrayBuffer>;
}

/** A certificate and its key, PEM. */
export interface TlsPair {
  readonly cert: string;
  readonly key: string;
  readonly serial: string;
}

/** How a certificate for a handshake differs from a valid one. */
export interface TlsPairOptions extends Partial<Omit<CertificateTemplate, "subject" | "names">> {
  readonly subject?: string;
  readonly names?: readonly string[];
}

/** How an authority differs from a valid one. */
export interface TlsAuthorityOptions
  extends Partial<Omit<CertificateTemplate, "subject" | "pathLength">> {
  /** Its path length; `null` for a certificate that is not an authority. */
  readonly pathLength?: number | null;
  /** The authority that signs it. @default {itself} */
  readonly by?: TlsAuthority;
}

/** Makes an authority. */
export async function tlsAuthority(
  subject: string,
  { by, pathLength = 0, ...template }: TlsAuthorityOptions = {},
): Promise<TlsAuthority> {
  const { publicKey, privateKey } = await generateKeyPair();
  const signer = await openSigner(privateKey);
  const der = await signCertificate({
    serial: randomSerial(),
    subject: parseSubject(subject),
    publicKey,
    notBeforeMs: Date.now() - DAY_MS,
    notAfterMs: Date.now() + DAY_MS,
    keyUsage: ["keyCertSign", "cRLSign"],
    ...(pathLength === null ? {} : { pathLength }),
    ...template,
  }, by ?? { signer });
  const { subject: { der: name } } = parseCertificate(der);
  return { pem: encodePem("CERTIFICATE", der), subject: name, signer, privateKey };
}

/** Makes a leaf, by default for a server called localhost. */
export async function tlsPair(by: TlsAuthority, options: TlsPairOptions = {}): Promise<TlsPair> {
  const { subject = "CN=localhost", names = ["localhost", "127.0.0.1"], ...rest } = options;
  const { purposes = ["server"], ...template } = rest;
  const { publicKey, privateKey } = await generateKeyPair();
  const der = await signCertificate({
    serial: randomSerial(),
    subject: parseSubject(subject),
    publicKey,
    notBeforeMs: Date.now() - DAY_MS,
    notAfterMs: Date.now() + DAY_MS,
    keyUsage: ["digitalSignature"],
    ...(purposes.length === 0 ? {} : { purposes }),
    ...(names.length === 0 ? {} : { names: names.map(parseSubjectName) }),
    ...template,
  }, by);
  const { serial } = parseCertificate(der);
  return {
    cert: encodePem("CERTIFICATE", der),
    key: await encodePrivateKeyPem(privateKey),
    serial,
  };
}

/** Makes a leaf for a client of this name. */
export function clientPair(
  by: TlsAuthority,
  name: string,
  options: TlsPairOptions = {},
): Promise<TlsPair> {
  return tlsPair(by, {
    subject: "CN=client",
    names: [name],
    purposes: ["client"],
    ...options,
  });
}

/** A chain followed by bytes that are not a certificate. */
export function followedByGarbage(chain: string): string[] {
  const garbage = [[], [1, 1, 0], [0x30, 3, 1, 1, 0]];
  return garbage.map((octets) => chain + encodePem("CERTIFICATE", new Uint8Array(octets)));
}
