/**
 * Where a server's certificate comes from: the program, files of the user's, or the data directory.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { readPublicFile, readSecretFile } from "../../base/files.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { CertificateAndKey, TlsIdentity } from "../../transport/tls/key_pair.ts";

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

/** Gives a certificate, again and again. */
export interface CertificateSource {
  /** The files to look at for a change. */
  readonly files: readonly string[];
  /** Whether {@linkcode load} renews what has grown old. */
  readonly renews: boolean;
  /** Gives what is there now, and what binds sign-ins to it. */
  readonly load: () => Promise<TlsIdentity>;
}

/**
 * Where a server's certificate comes from.
 *
 * @param tls What the user gave.
 * @param data The data directory, for where nothing was given.
 * @param host The name that the certificate must have then.
 * @param clock Where the time comes from.
 * @param ledger Where a certificate in the data directory is recorded.
 */
export function certificateSource(
  tls: CertificateAndKey | CertificateFiles | undefined,
  data: string,
  host: string,
  clock?: Clock,
  ledger?: Ledger,
): CertificateSource {
  if (tls === undefined) {
    const files = [`${data}/server.crt`, `${data}/server.key`];
    return {
      files,
      renews: true,
      load: async () => bound(await ownCertificate(data, host, clock, ledger)),
    };
  }
  if (!("certFile" in tls)) return { files: [], renews: false, load: () => bound(tls) };
  const { certFile, keyFile } = tls;
  return {
    files: [certFile, keyFile],
    renews: false,
    load: async () =>
      bound({ cert: await readPublicFile(certFile), key: await readSecretFile(keyFile) }),
  };
}

async function bound(pair: CertificateAndKey): Promise<TlsIdentity> {
  const { bindingsOf } = await import("./channel_binding.ts");
  return { ...pair, channelBindings: bindingsOf(pair.cert) };
}

/**
 * Reads authorities.
 *
 * @param ca PEM, or the file that holds it.
 * @throws {DariError} `io` when the file cannot be read.
 */
export async function loadAuthorities(ca: string | AuthorityFile): Promise<string> {
  return typeof ca === "string" ? ca : await readPublicFile(ca.file);
}

async function ownCertificate(
  data: string,
  host: string,
  clock: Clock | undefined,
  ledger: Ledger | undefined,
): Promise<CertificateAndKey> {
  // Loaded here, since only a server without a certificate of its own needs an authority.
  const { ensureServerIdentity } = await import("./server_identity.ts");
  // A wildcard address is no name to be reached by.
  const names = host === "0.0.0.0" || host === "::" ? [] : [host];
  const given = {
    ...(clock === undefined ? {} : { clock }),
    ...(ledger === undefined ? {} : { ledger }),
  };
  const { certPem, keyPem } = await ensureServerIdentity(data, { names, ...given });
  return { cert: certPem, key: keyPem };
}
