/**
 * Where a server's certificate and the authorities of its clients come from: the program, files of the
 * user's, or the data directory.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { readNamedSecretFile, readPublicFile } from "../../base/file/files.ts";
import type { WriteLog } from "../../base/text/write_log.ts";
import { keyIdText } from "../key/public_key.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { CertificateError, inFile } from "../reasons.ts";
import { parseCertificates } from "../x509/certificate.ts";
import type {
  CertificateAndKey,
  TlsCredentials,
  TlsIdentity,
} from "../../transport/tls/key_pair.ts";

/** A certificate and its key in files; a running server takes up new ones. */
export interface CertificateFiles {
  /** The certificate with its chain, PEM. */
  readonly certFile: string;
  /** The key, PEM, readable by its owner alone. */
  readonly keyFile: string;
}

/** A file of certificates, PEM; a running server takes up a new one. */
export interface AuthorityFile {
  /** Its path. */
  readonly file: string;
}

/** Gives what a server listens with, as often as it is asked. */
export interface CertificateSource {
  /** The files to watch for a change. */
  readonly files: readonly string[];
  /** Whether {@linkcode load} renews a certificate of the data directory in time. */
  readonly renews: boolean;
  /** Gives the certificate that is there now, with its key and the authorities of clients. */
  readonly load: () => Promise<TlsCredentials>;
  /**
   * Whether the ledger knows a certificate, PEM, or its key as revoked; absent where no ledger is
   * looked at.
   */
  readonly isRevoked?: ((cert: string) => Promise<boolean>) | undefined;
}

/** Names by which others reach this machine. */
export interface FoundNames {
  /** Those on which the server listens. */
  readonly listened: readonly string[];
  /** All of them. */
  readonly all: readonly string[];
}

/** What a source is made of. */
export interface CertificateSourceOptions {
  /** The certificate and key, or their files; absent, the data directory has them. */
  readonly tls?: CertificateAndKey | CertificateFiles | undefined;
  /** The authorities of client certificates, PEM or their file; absent, none is asked for. */
  readonly clientCa?: string | AuthorityFile | undefined;
  /** The data directory. */
  readonly data: string;
  /** The name of the files there, `NAME.crt` and `NAME.key`. @default {"server"} */
  readonly file?: string | undefined;
  /** The hosts that the server listens on; a certificate of the data directory gets all their names. */
  readonly hosts: readonly string[];
  /** Names that the user gave; a certificate of the data directory gets them as well. */
  readonly names?: readonly string[] | undefined;
  /**
   * Says by which names others reach this machine, each time that a certificate of the data directory
   * is looked at: those that it is to have, and those that a new authority is to permit.
   */
  readonly findNames?: (() => FoundNames) | undefined;
  /** Hears of a new authority, and of names that were left out. */
  readonly tell?: WriteLog | undefined;
  /** What the key of the data directory's authority is encrypted with. */
  readonly passphrase?: string | undefined;
  /** Where certificates of the data directory are recorded. */
  readonly ledger?: Ledger | undefined;
  /** The ledger in which a certificate of `tls` is looked up, so that a revoked one is not shown. */
  readonly issuedIn?: Ledger | undefined;
  /** Where the time comes from. */
  readonly clock?: Clock | undefined;
}

/**
 * Makes a source. Nothing is read before its `load`.
 *
 * @param options Where certificate, key and authorities are.
 */
export function certificateSource(options: CertificateSourceOptions): CertificateSource {
  const { tls, clientCa, data, file = "server" } = options;
  const own = [`${file}.crt`, `${file}.key`, "ca.crt"];
  const files = [
    ...(tls === undefined ? own.map((name) => `${data}/${name}`) : []),
    ...(tls !== undefined && "certFile" in tls ? [tls.certFile, tls.keyFile] : []),
    ...(typeof clientCa === "object" ? [clientCa.file] : []),
  ];
  const ledger = tls === undefined ? options.ledger : options.issuedIn;
  return {
    files,
    renews: tls === undefined,
    isRevoked: ledger && ((cert) => isRevoked(cert, ledger)),
    load: async () => ({
      ...await withBindings(await loadPair(options)),
      clientCa: typeof clientCa === "object" ? await readCertificateFile(clientCa.file) : clientCa,
    }),
  };
}

async function loadPair(options: CertificateSourceOptions): Promise<CertificateAndKey> {
  const { tls } = options;
  if (tls === undefined) return await ownCertificate(options);
  const pair = "certFile" in tls
    ? { cert: await readCertificateFile(tls.certFile), key: await readNamedSecretFile(tls.keyFile) }
    : tls;
  if (options.issuedIn !== undefined) await refuseRevoked(pair.cert, options.issuedIn);
  return pair;
}

async function refuseRevoked(cert: string, ledger: Ledger): Promise<void> {
  if (!await isRevoked(cert, ledger)) return;
  const [{ serial }] = parseCertificates(cert);
  throw new CertificateError(
    "revoked",
    `The server's certificate (serial ${serial}) is revoked; give it a new one`,
    { code: "configuration" },
  );
}

async function isRevoked(cert: string, ledger: Ledger): Promise<boolean> {
  await ledger.log.refresh();
  const { entries } = ledger.log;
  const [{ serial, publicKey }] = parseCertificates(cert);
  const key = await keyIdText(publicKey);
  if (entries.isKeyRevoked(key)) return true;
  const entry = entries.get(serial);
  // Another authority may have given out the same serial; the key tells them apart.
  return entry?.revoked !== undefined && (entry.key === undefined || entry.key === key);
}

/** Reads a file of certificates, and names it where they cannot be read: the runtime does not. */
async function readCertificateFile(path: string): Promise<string> {
  const text = await readPublicFile(path);
  await inFile(path, () => parseCertificates(text));
  return text;
}

async function withBindings({ cert, key }: CertificateAndKey): Promise<TlsIdentity> {
  const { bindingsOf } = await import("./channel_binding.ts");
  return { cert, key, channelBindings: bindingsOf(cert) };
}

const WILDCARDS = ["0.0.0.0", "::"];

/**
 * The leaf with the authorities behind it: a client that has only the fingerprint of one finds it among
 * them, and one that trusts it already passes over it (RFC 8446 section 4.4.2).
 */
async function ownCertificate(options: CertificateSourceOptions): Promise<CertificateAndKey> {
  const { data, file, hosts, findNames, tell, clock, ledger, passphrase } = options;
  // Loaded here, since only a server without a certificate of its own needs an authority.
  const [{ ensureServerIdentity }, { privatePermits }] = await Promise.all([
    import("./server_identity.ts"),
    import("../authority/permit.ts"),
  ]);
  const named = hosts.filter((host) => !WILDCARDS.includes(host));
  const found = findNames?.();
  const given = {
    ...(file === undefined ? {} : { file }),
    ...(tell === undefined ? {} : { tell }),
    ...(clock === undefined ? {} : { clock }),
    ...(ledger === undefined ? {} : { ledger }),
    ...(passphrase === undefined ? {} : { passphrase }),
  };
  const { certPem, keyPem, caPem } = await ensureServerIdentity(data, {
    names: [...new Set([...named, ...options.names ?? []])],
    foundNames: found?.listened ?? [],
    permits: [...privatePermits, ...found?.all ?? []],
    mayReplaceAuthority: true,
    ...given,
  });
  return { cert: certPem + caPem, key: keyPem };
}
