import { parseSubjectName } from "../../lib/cert/x509/general_name.ts";
import { type DerNode, loadDerWriter } from "../../lib/cert/der/writer.ts";
import {
  type Certificate,
  encodePem,
  parseCertificates,
  type Purpose,
} from "../../lib/cert/mod.ts";
import { sealNode, type Signer } from "../../lib/cert/key/signer.ts";
import { extensionNode } from "../../lib/cert/x509/certificate_template.ts";
import {
  type TlsAuthority,
  tlsAuthority,
  type TlsAuthorityOptions,
  tlsPair,
  type TlsPairOptions,
} from "./tls_certificates.ts";

const HOUR_MS = 60 * 60 * 1_000;

/** What one side of a handshake sends, as PEM, and the authorities that the other side trusts. */
export interface LimboChain {
  /** The authorities that are trusted. */
  readonly ca: string;
  /** The leaf and the certificates that are sent with it. */
  readonly cert: string;
  /** The leaf's key. */
  readonly key: string;
}

/** A chain, and whether `verify` and a handshake must accept it. */
export interface LimboCase {
  /** The chain in words. */
  readonly name: string;
  /** Why `verify` refuses it; absent if it must be accepted. */
  readonly refusal?: string;
  /** Whether the runtime's own TLS refuses it, without any check of ours. */
  readonly runtimeRefuses: boolean;
  /** Whether the runtime's own TLS can send it; if not, openssl sends it. */
  readonly runtimeShows: boolean;
  /** Makes the chain for localhost and this purpose, with its fault. */
  make(purpose: Purpose): Promise<LimboChain>;
}

/** How a chain differs from a valid one. */
interface Parts {
  readonly root?: TlsAuthorityOptions;
  /** An authority between root and leaf. */
  readonly lower?: TlsAuthorityOptions;
  readonly leaf?: TlsPairOptions;
  /** Do not send the authority between. */
  readonly hidden?: boolean;
  /** Trust another root, of the same name. */
  readonly impostor?: boolean;
  /** Change the leaf's DER after the fact. */
  readonly change?: (leaf: Certificate, signer: Signer) => Promise<Uint8Array<ArrayBuffer>>;
}

const local = ["localhost", "127.0.0.1"];
const names = (...texts: string[]) => texts.map(parseSubjectName);
const loopback = { kind: "ip", octets: Uint8Array.of(127, 0, 0, 0, 255, 0, 0, 0) } as const;

/** The cases, a selection of those of x509-limbo. */
export const limboCases: readonly LimboCase[] = [
  limbo("a leaf of a trusted authority", undefined, {}),
  limbo("a leaf over an intermediate", undefined, { root: { pathLength: 1 }, lower: {} }),
  limbo("names within what is permitted", undefined, {
    root: { permitted: [...names("localhost"), loopback] },
  }),
  limbo("an expired leaf", "expired at", {
    leaf: { notBeforeMs: Date.now() - 2 * HOUR_MS, notAfterMs: Date.now() - HOUR_MS },
  }),
  limbo("a leaf that is not valid yet", "not valid before", {
    leaf: { notBeforeMs: Date.now() + HOUR_MS },
  }),
  limbo("a leaf of another authority of the same name", "issuer is not among", { impostor: true }),
  {
    name: "a leaf for the other purpose",
    refusal: "extended key usage",
    runtimeRefuses: true,
    runtimeShows: true,
    make: (purpose) => chainOf({}, purpose === "server" ? "client" : "server"),
  },
  limbo("a leaf whose intermediate is missing", "issuer is not among", {
    root: { pathLength: 1 },
    lower: {},
    hidden: true,
  }),
  limbo("an intermediate that the path length rules out", "allows 0 authorities below it", {
    root: { pathLength: 0 },
    lower: {},
  }, { runtimeRefuses: false }),
  limbo("a leaf that outlives its authority", "expired at", {
    root: { notBeforeMs: Date.now() - 2 * HOUR_MS, notAfterMs: Date.now() - HOUR_MS },
  }, { runtimeRefuses: false }),
  limbo("an intermediate that is no authority", "is no authority", {
    root: { pathLength: 1 },
    lower: { pathLength: null, keyUsage: ["digitalSignature"] },
  }),
  limbo("names outside of what is permitted", "is not within", {
    root: { permitted: names("internal") },
  }),
  limbo("names within what is excluded", "is excluded by", {
    root: { excluded: names("localhost") },
  }),
  limbo("a leaf without subjectAltName", "no subjectAltName", { leaf: { names: [] } }),
  limbo("a leaf of version 1", "version 1", { change: toVersion1 }),
  limbo("an authority as a leaf", "must not serve as a leaf", {
    root: { pathLength: 1 },
    leaf: { pathLength: 0, keyUsage: ["digitalSignature", "keyCertSign"] },
  }),
  limbo("a wrong signature", "signature", { change: spoilSignature }),
  limbo("a serial number of more than 20 octets", "longer than 20 octets", {
    leaf: { serial: new Uint8Array(21).fill(0x11) },
  }, { runtimeRefuses: false }),
  limbo("an unknown critical extension", "1.2.3.4", { change: addUnknownCritical }, {
    runtimeShows: false,
  }),
];

function limbo(
  name: string,
  refusal: string | undefined,
  parts: Parts,
  { runtimeRefuses = refusal !== undefined, runtimeShows = true } = {},
): LimboCase {
  return {
    name,
    ...(refusal === undefined ? {} : { refusal }),
    runtimeRefuses,
    runtimeShows,
    make: (purpose) => chainOf(parts, purpose),
  };
}

async function chainOf(parts: Parts, purpose: Purpose): Promise<LimboChain> {
  const { root: rootOptions, lower: lowerOptions, leaf, hidden, impostor, change } = parts;
  const root = await tlsAuthority("CN=limbo root", rootOptions);
  const lower = lowerOptions && await tlsAuthority("CN=limbo lower", { by: root, ...lowerOptions });
  const issuer: TlsAuthority = lower ?? root;
  const pair = await tlsPair(issuer, { names: local, purposes: [purpose], ...leaf });
  const trusted = impostor ? await tlsAuthority("CN=limbo root") : root;
  const [made] = parseCertificates(pair.cert);
  const der = change === undefined ? made.der : await change(made, issuer.signer);
  return {
    ca: trusted.pem,
    cert: encodePem("CERTIFICATE", der) + (lower && !hidden ? lower.pem : ""),
    key: pair.key,
  };
}

async function toVersion1({ tbs }: Certificate, signer: Signer) {
  const writer = await loadDerWriter();
  const fields = writer.raw(tbs).value as DerNode[];
  // Version and extensions stand first and last, and version 1 has neither.
  return await sealNode(writer, writer.sequence(...fields.slice(1, -1)), signer);
}

async function addUnknownCritical({ tbs }: Certificate, signer: Signer) {
  const writer = await loadDerWriter();
  const toBeSigned = writer.raw(tbs);
  const [extensions] = (toBeSigned.value as DerNode[]).at(-1)!.value as DerNode[];
  (extensions!.value as DerNode[]).push(extensionNode(writer, "1.2.3.4", writer.null(), true));
  return await sealNode(writer, toBeSigned, signer);
}

function spoilSignature({ der }: Certificate): Promise<Uint8Array<ArrayBuffer>> {
  const spoilt = der.slice();
  spoilt[spoilt.length - 1]! ^= 1;
  return Promise.resolve(spoilt);
}
