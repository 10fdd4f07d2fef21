import { DariError } from "../../../base/errors.ts";
import { readPublicFile } from "../../../base/file/files.ts";
import {
  type Certificate,
  CertificateError,
  decodePem,
  describeCertificate,
  describeRequest,
  describeRevocationList,
  formatDescription,
  formatRequest,
  formatRevocationList,
  inFile,
  isPkcs12,
  parseCertificate,
  parsePkcs12,
  parseRevocationList,
} from "../../../cert/mod.ts";
import { isRequestLabel } from "../../../cert/x509/request.ts";
import { fetchServerCertificate } from "../../../transport/tls/node/fetch_server_certificate.ts";
import { type Command, defineCommand, type Io } from "../../app/command.ts";
import { operand } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { passphraseOptions, readSecret, type SecretSource } from "../../app/secret_input.ts";
import { file } from "../../app/value_type.ts";
import { readBinaryFile } from "./source_file.ts";

/** One thing that is shown: for programs, and in lines for people. */
interface Shown {
  readonly value: { readonly type: string };
  readonly text: string;
}

/** `dari cert inspect` */
export const command: Command = defineCommand({
  examples: [
    "dari cert inspect api.internal.crt",
    "dari cert inspect api.csr",
    "dari cert inspect ca.crl --json",
    "dari cert inspect worker.p12 --passphrase-stdin < passphrase",
    "dari cert inspect tls://localhost:9090",
  ],
  operands: {
    source: operand(file("FILE|ADDRESS"), "a file, or the address of a server that uses TLS"),
  },
  options: passphraseOptions,
  notes: [
    "Shows certificates, requests, revocation lists (PEM or DER) and PKCS#12 files, everything that " +
    "is in a file. Nothing is verified but that a request is signed by its key.",
  ],
  async run({ operands: { source }, options }, io) {
    const address = /^(?:tls:\/\/|https:\/\/)?(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):(\d{1,5})\/?$/
      .exec(source);
    const shown = address === null
      ? await inFile(source, () => showFile(source, options, io))
      : [await showServer(address[1]!.replace(/[[\]]/g, ""), Number(address[2]))];
    const lines = shown.flatMap(({ text }, i) =>
      i === 0 ? text.split("\n") : ["", ...text.split("\n")]
    );
    report(options, io, shown.map(({ value }) => value), lines);
    return 0;
  },
});

async function showServer(host: string, port: number): Promise<Shown> {
  return await showCertificate(parseCertificate(await fetchServerCertificate(host, port)));
}

async function showFile(
  path: string,
  source: SecretSource<"passphrase">,
  io: Io,
): Promise<Shown[]> {
  const bytes = await readBinaryFile(path);
  if (isPkcs12(bytes)) {
    const passphrase = await readSecret("passphrase", source, io, {
      prompt: `Passphrase of ${path}`,
    });
    return await showPkcs12(bytes, passphrase);
  }
  if (bytes[0] === 0x30) return [await showDer(bytes)];
  const shown = await Promise.all(
    decodePem(await readPublicFile(path)).map(({ label, bytes }) => showBlock(label, bytes)),
  );
  const found = shown.filter((one) => one !== undefined);
  if (found.length > 0) return found;
  throw new CertificateError(
    "absent",
    "The PEM text holds no certificate, no request and no revocation list",
  );
}

/** @returns `undefined` for a block of another kind, such as a private key. */
async function showBlock(
  label: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Shown | undefined> {
  if (label === "CERTIFICATE") return await showCertificate(parseCertificate(bytes));
  if (isRequestLabel(label)) return await showRequest(bytes);
  return label === "X509 CRL" ? showRevocationList(bytes) : undefined;
}

/** DER does not say what it is: what can be read is what it is. */
async function showDer(bytes: Uint8Array<ArrayBuffer>): Promise<Shown> {
  for (
    const show of [
      () => showCertificate(parseCertificate(bytes)),
      () => showRequest(bytes),
      () => showRevocationList(bytes),
    ]
  ) {
    try {
      return await show();
    } catch (error) {
      if (!(error instanceof DariError)) throw error;
    }
  }
  throw new CertificateError(
    "malformed",
    "It is neither a certificate, a request, a revocation list nor PKCS#12",
  );
}

async function showCertificate(certificate: Certificate): Promise<Shown> {
  const description = await describeCertificate(certificate);
  return {
    value: { type: "certificate", ...description },
    text: formatDescription(description),
  };
}

async function showRequest(der: Uint8Array<ArrayBuffer>): Promise<Shown> {
  const description = await describeRequest(der);
  return { value: { type: "request", ...description }, text: formatRequest(description) };
}

function showRevocationList(der: Uint8Array<ArrayBuffer>): Shown {
  const description = describeRevocationList(parseRevocationList(der));
  const value = { type: "revocation-list", ...description };
  return { value, text: formatRevocationList(description) };
}

async function showPkcs12(bytes: Uint8Array<ArrayBuffer>, passphrase: string): Promise<Shown[]> {
  const { certificates, keyCount } = await parsePkcs12(bytes, passphrase);
  const keys = {
    value: { type: "pkcs12", keyCount },
    text: `PKCS#12    private keys: ${keyCount}`,
  };
  return [keys, ...await Promise.all(certificates.map(showCertificate))];
}
