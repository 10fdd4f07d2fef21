/**
 * The certificate of a server, made where there is none and renewed in time.
 *
 * @module
 */

import { resolve } from "node:path"; // an absolute path for the ledger; Deno has none of its own
import { type Clock, systemClock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { ensurePrivateDirectory, readSecretFile, writeFileAtomic } from "../../base/files.ts";
import {
  authorityFiles,
  exists,
  initLocked,
  loadAuthority,
  lockAuthority,
  readAuthorityCertificates,
} from "../authority/directory.ts";
import { type Certificate, parseCertificates, sameBytes } from "../x509/certificate.ts";
import { formatGeneralName, parseSubjectName } from "../x509/general_name.ts";
import { generateKeyPair, publicKeyOf } from "../key/key_pair.ts";
import { issueLeaf } from "../authority/leaf.ts";
import { type Ledger, openFileLedger } from "../ledger/ledger.ts";
import { checkNameConstraints } from "../path/name_constraints.ts";
import { encodePem } from "../der/pem.ts";
import { defaultPermits } from "../authority/permit.ts";
import { decodePrivateKeyPem, encodePrivateKeyPem } from "../key/private_key.ts";
import { isDueForRenewal } from "../authority/renewal.ts";

/** This machine, seen from itself. */
const ownNames = ["localhost", "127.0.0.1", "::1"];

/** How {@linkcode ensureServerIdentity} makes what is missing. */
export interface ServerIdentityOptions {
  /** Names of the server beside those of `localhost`, `127.0.0.1` and `::1` that are permitted. */
  readonly names?: readonly string[];
  /** What the authority's key is encrypted with. */
  readonly passphrase?: string;
  /** How long a leaf is valid, in milliseconds. */
  readonly lifeMs?: number;
  /**
   * Where certificates are recorded.
   *
   * @default {the file in the data directory, as `openFileLedger` opens it}
   */
  readonly ledger?: Ledger;
  /** Where the time comes from. */
  readonly clock?: Clock;
}

/** A server's certificate and key, and the authority that its clients are to trust. */
export interface ServerIdentity {
  /** The file of the leaf and its chain. */
  readonly certFile: string;
  /** The file of the leaf's key. */
  readonly keyFile: string;
  /** The file of the authorities to trust. */
  readonly caFile: string;
  /** The text of `certFile`. */
  readonly certPem: string;
  /** The text of `keyFile`. */
  readonly keyPem: string;
  /** The text of `caFile`. */
  readonly caPem: string;
  /** The last moment at which the leaf is valid, in milliseconds since the epoch. */
  readonly notAfterMs: number;
}

/**
 * Gives a server its certificate. On the first start it makes an authority confined to local names
 * and a leaf; later it issues a new leaf when the old one is past two thirds of its life, does not
 * match its key or lacks a name. A certificate of another authority is used and never replaced.
 *
 * @param directory The data directory; made with mode 0700, its files with 0600.
 * @param options Names and life.
 * @throws {DariError} `permission_denied` when a name is outside what the authority permits or its
 * key needs a passphrase, `configuration` when a file is open to others, or a certificate of
 * another authority cannot be used.
 *
 * @example
 * ```ts
 * import { ensureServerIdentity } from "@dari/dari/cert";
 *
 * const directory = `${await Deno.makeTempDir()}/data`;
 * const { certPem, keyPem } = await ensureServerIdentity(directory);
 * Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert: certPem, key: keyPem }).close();
 * ```
 */
export async function ensureServerIdentity(
  directory: string,
  options: ServerIdentityOptions = {},
): Promise<ServerIdentity> {
  const { clock = systemClock, ledger = openFileLedger(directory, clock) } = options;
  const wanted = (options.names ?? []).map(parseSubjectName).map(formatGeneralName);
  await ensurePrivateDirectory(directory);
  const certFile = `${directory}/server.crt`;
  const keyFile = `${directory}/server.key`;
  const caFile = `${directory}/${authorityFiles.certificates}`;
  using _lock = await lockAuthority(directory);
  if (!await exists(caFile)) {
    const permits = [...defaultPermits, ...options.names ?? []];
    await initLocked(directory, { ...options, permits });
  }
  const found = await readPair(certFile, keyFile);
  const authorities = await readAuthorityCertificates(directory);
  const names = [...new Set([...permittedOwnNames(authorities), ...wanted])];
  const origin = await originOf(directory, ledger, found, authorities);
  const due = whatIsDue(found, origin, names, clock.now());
  if (due !== undefined) {
    try {
      await issuePair(directory, { certFile, keyFile }, names, found, options);
    } catch (error) {
      // A leaf that is merely due still serves while its authority's key is locked away.
      const locked = error instanceof DariError && error.code === "permission_denied";
      if (!locked || due !== "renewal") throw error;
    }
  }
  const [certPem, keyPem, caPem] = await Promise.all([
    Deno.readTextFile(certFile),
    readSecretFile(keyFile),
    Deno.readTextFile(caFile),
  ]);
  const { notAfterMs } = parseCertificates(certPem)[0];
  return { certFile, keyFile, caFile, certPem, keyPem, caPem, notAfterMs };
}

/** Its names that the authorities permit; a name that the user gives is refused instead. */
function permittedOwnNames(authorities: readonly Certificate[]): string[] {
  return ownNames.filter((text) => {
    const name = parseSubjectName(text);
    return authorities.every(({ extensions: { nameConstraints } }) =>
      nameConstraints === undefined || checkNameConstraints([name], nameConstraints) === undefined
    );
  });
}

/** The certificate and key that the two files contain. */
interface FoundPair {
  readonly leaf?: Certificate;
  readonly privateKey?: Uint8Array<ArrayBuffer>;
  /** Whether the key is the leaf's. */
  readonly fits: boolean;
}

async function readPair(certFile: string, keyFile: string): Promise<FoundPair> {
  const privateKey = await exists(keyFile)
    ? await decodePrivateKeyPem(await readSecretFile(keyFile))
    : undefined;
  const leaf = await exists(certFile)
    ? parseCertificates(await Deno.readTextFile(certFile))[0]
    : undefined;
  const fits = leaf !== undefined && privateKey !== undefined &&
    sameBytes(await publicKeyOf(privateKey), leaf.publicKey);
  return {
    fits,
    ...(leaf === undefined ? {} : { leaf }),
    ...(privateKey === undefined ? {} : { privateKey }),
  };
}

/** Why a new leaf is needed; `undefined` where the old one serves. */
function whatIsDue(
  { leaf, fits }: FoundPair,
  origin: LeafOrigin,
  names: readonly string[],
  nowMs: number,
): "leaf" | "renewal" | undefined {
  if (leaf === undefined) return "leaf";
  const expired = nowMs > leaf.notAfterMs || nowMs < leaf.notBeforeMs;
  if (origin === "foreign") {
    if (fits && !expired) return undefined;
    throw new DariError(
      "configuration",
      `server.crt is of another authority and ${
        fits ? "not valid now" : "does not fit server.key"
      }` +
        "; replace both, or remove both to have them made",
    );
  }
  const has = new Set((leaf.extensions.subjectAltName ?? []).map(formatGeneralName));
  if (origin === "forgotten" || expired || !fits || names.some((name) => !has.has(name))) {
    return "leaf";
  }
  return origin === "previous" || isDueForRenewal(leaf, nowMs) ? "renewal" : undefined;
}

/** The issuer of a leaf, as the authority's rotation sees it. */
type LeafOrigin = "current" | "previous" | "forgotten" | "foreign";

async function originOf(
  directory: string,
  ledger: Ledger,
  { leaf }: FoundPair,
  authorities: readonly Certificate[],
): Promise<LeafOrigin> {
  if (leaf === undefined) return "current";
  const issuer = authorities.findLastIndex(({ subject }) =>
    sameBytes(subject.der, leaf.issuer.der)
  );
  if (issuer < 0) {
    const known = (await ledger.entries()).some(({ serial }) => serial === leaf.serial);
    return known ? "forgotten" : "foreign";
  }
  // The newest authority stands last, and issues once there is a previous one.
  const switched = await exists(`${directory}/${authorityFiles.previousKey}`);
  return switched && issuer < authorities.length - 1 ? "previous" : "current";
}

async function issuePair(
  directory: string,
  { certFile, keyFile }: { certFile: string; keyFile: string },
  names: readonly string[],
  found: FoundPair,
  options: ServerIdentityOptions,
): Promise<void> {
  const authority = await loadAuthority(directory, options.passphrase);
  const { ledger = openFileLedger(directory, options.clock) } = options;
  const replaces = found.leaf?.serial;
  const fresh = found.privateKey === undefined ? await generateKeyPair() : undefined;
  const publicKey = fresh?.publicKey ?? await publicKeyOf(found.privateKey!);
  const leaf = await issueLeaf(authority, ledger, publicKey, {
    ...options,
    names,
    file: resolve(certFile),
    ...(replaces === undefined ? {} : { replaces }),
  });
  // After a crash between the two the next start finds a key without a leaf, and goes on from it.
  if (fresh !== undefined) {
    await writeFileAtomic(keyFile, await encodePrivateKeyPem(fresh.privateKey));
  }
  await writeFileAtomic(certFile, encodePem("CERTIFICATE", leaf.der));
}
