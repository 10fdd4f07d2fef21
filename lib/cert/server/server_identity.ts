/**
 * The certificate of a server, made where there is none and renewed in time.
 *
 * @module
 */

import { exists } from "../../base/file/file_state.ts";
import { type Clock, systemClock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { ensurePrivateDirectory, readOwnFile, readSecretFile } from "../../base/file/files.ts";
import type { WriteLog } from "../../base/text/write_log.ts";
import {
  authorityFiles,
  checkDataFiles,
  lockAuthority,
  settleKeyLocked,
} from "../authority/authority_files.ts";
import { initLocked, loadAuthority, readAuthorityCertificates } from "../authority/directory.ts";
import { CertificateError } from "../reasons.ts";
import { type Certificate, parseCertificates, sameBytes } from "../x509/certificate.ts";
import { formatGeneralName, parseSubjectName } from "../x509/general_name.ts";
import { isIssuedElsewhere } from "./issued_elsewhere.ts";
import { settleNames } from "./server_names.ts";
import { type Ledger, openFileLedger } from "../ledger/ledger.ts";
import { defaultPermits } from "../authority/permit.ts";
import { isDueForRenewal } from "../authority/renewal.ts";
import { type FoundPair, issuePair, type PairFiles, readPair, recordOf } from "./server_pair.ts";

/** How {@linkcode ensureServerIdentity} makes what is missing. */
export interface ServerIdentityOptions {
  /** Names of the server beside those of `localhost`, `127.0.0.1` and `::1` that are permitted. */
  readonly names?: readonly string[];
  /** Names by which others reach this machine; those that the authority does not permit are left out. */
  readonly foundNames?: readonly string[];
  /** What an authority that is made here permits beside the defaults and `names`. */
  readonly permits?: readonly string[];
  /**
   * Put a new authority in the place of one that was made by default and does not permit `names`, or
   * was made before private addresses were permitted and lacks `foundNames`. Both are trusted then.
   *
   * @default {false}
   */
  readonly mayReplaceAuthority?: boolean;
  /** Hears of a new authority, and of names that were left out. */
  readonly tell?: WriteLog;
  /** What the authority's key is encrypted with, or is to be encrypted with where it is made. */
  readonly passphrase?: string;
  /** How long a leaf is valid, in milliseconds. */
  readonly lifeMs?: number;
  /**
   * Where certificates are recorded.
   *
   * @default {the file in the data directory, as `openFileLedger` opens it}
   */
  readonly ledger?: Ledger;
  /**
   * The name of its files: several servers of one directory each need names, and so files, of their
   * own.
   *
   * @default {"server"}
   */
  readonly file?: string;
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
 * match its key or lacks a name, and one with a new key when the old one is revoked. A certificate of
 * another authority, or of one whose key is on another machine, is used and never replaced.
 *
 * @param directory The data directory; made with mode 0700, its files with 0600.
 * @param options Names and life.
 * @throws {DariError} `permission_denied` when a name is outside what the authority permits or its
 * key needs a passphrase, `configuration` when other users own a file or can use it, or a certificate
 * of another authority cannot be used, `failed_precondition` when the authority's certificate is lost
 * and its key is there, `data` when the ledger does not know the authority or its certificate.
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
  const { file = "server" } = options;
  const certFile = `${directory}/${file}.crt`;
  const keyFile = `${directory}/${file}.key`;
  const caFile = `${directory}/${authorityFiles.certificates}`;
  await checkDataFiles(directory);
  using _lock = await lockAuthority(directory);
  await settleKeyLocked(directory);
  if (!await exists(caFile)) {
    const permits = [...defaultPermits, ...options.permits ?? [], ...options.names ?? []];
    await initLocked(directory, { ...options, permits: [...new Set(permits)] });
  }
  await checkPassphrase(directory, options.passphrase);
  const files = { certFile, keyFile };
  if (!await isIssuedElsewhere(directory, files, { ...options, names: wanted, ledger, clock })) {
    const names = await settleNames(directory, wanted, { ...options, ledger });
    const authorities = await readAuthorityCertificates(directory);
    const going = { ...options, ledger, clock, names };
    while (!await bringUpToDate(directory, files, authorities, going));
  }
  const [certPem, keyPem, caPem] = await Promise.all([
    readOwnFile(certFile),
    readSecretFile(keyFile),
    readOwnFile(caFile),
  ]);
  const { notAfterMs } = parseCertificates(certPem)[0];
  return { certFile, keyFile, caFile, certPem, keyPem, caPem, notAfterMs };
}

/** A wrong passphrase is found at once, and not when the certificate has to be renewed. */
async function checkPassphrase(directory: string, passphrase: string | undefined): Promise<void> {
  if (passphrase === undefined || !await exists(`${directory}/${authorityFiles.key}`)) return;
  await loadAuthority(directory, passphrase);
}

/** What {@linkcode bringUpToDate} goes by. */
interface Wanted extends ServerIdentityOptions {
  readonly names: readonly string[];
  readonly ledger: Ledger;
  readonly clock: Clock;
}

/** Issues a leaf where one is due; `false` where another process changed it meanwhile. */
async function bringUpToDate(
  directory: string,
  files: PairFiles,
  authorities: readonly Certificate[],
  options: Wanted,
): Promise<boolean> {
  const { ledger, names, clock } = options;
  const found = await readPair(files);
  const origin = await originOf(directory, ledger, found, authorities);
  const isOurs = origin === "current" || origin === "previous";
  const recorded = await recordOf(ledger, found, isOurs);
  const due = recorded.isRevoked ? "leaf" : whatIsDue(found, origin, names, clock.now());
  if (due === undefined) return true;
  try {
    const authority = await loadAuthority(directory, options.passphrase);
    return await issuePair(files, { ...found, ...recorded }, authority, ledger, options);
  } catch (error) {
    // A leaf that is merely due still serves while its authority's key is locked away.
    const isLocked = error instanceof CertificateError && error.reason === "passphrase_needed";
    if (!isLocked || due !== "renewal") throw error;
    return true;
  }
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
