/**
 * The server's certificate and key in the data directory: what is there, and the next one.
 *
 * @module
 */

import { resolve } from "node:path"; // an absolute path for the ledger; Deno has none of its own
import { exists } from "../../base/file/file_state.ts";
import { readOwnFile, readSecretFile, writeFileAtomic } from "../../base/file/files.ts";
import { type LockedFile, lockFile } from "../ledger/locked_file.ts";
import { DariError } from "../../base/errors.ts";
import type { Authority } from "../authority/authority.ts";
import { issueLeaf, type LeafOptions } from "../authority/leaf.ts";
import { encodePem } from "../der/pem.ts";
import { generateKeyPair, publicKeyOf } from "../key/key_pair.ts";
import { decodePrivateKeyPem, encodePrivateKeyPem } from "../key/private_key.ts";
import { keyIdText } from "../key/public_key.ts";
import type { LedgerEntry } from "../ledger/event.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { type Certificate, parseCertificates, sameBytes } from "../x509/certificate.ts";

/** Where the two are. */
export interface PairFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** The certificate and key that the two files contain. */
export interface FoundPair {
  readonly leaf?: Certificate;
  readonly privateKey?: Uint8Array<ArrayBuffer>;
  /** Whether the key is the leaf's. */
  readonly fits: boolean;
}

/**
 * Reads the two.
 *
 * @throws {DariError} `configuration` when the key is open to others.
 */
export async function readPair({ certFile, keyFile }: PairFiles): Promise<FoundPair> {
  const privateKey = await exists(keyFile)
    ? await decodePrivateKeyPem(await readSecretFile(keyFile))
    : undefined;
  const leaf = await exists(certFile)
    ? parseCertificates(await readOwnFile(certFile))[0]
    : undefined;
  const fits = leaf !== undefined && privateKey !== undefined &&
    sameBytes(await publicKeyOf(privateKey), leaf.publicKey);
  return {
    fits,
    ...(leaf === undefined ? {} : { leaf }),
    ...(privateKey === undefined ? {} : { privateKey }),
  };
}

/** What the ledger has of the leaf and its key. */
export interface RecordedPair {
  /** The certificate whose place the next one takes: the leaf, or the last that it was renewed as. */
  readonly last?: LedgerEntry;
  /** Whether the leaf or the key of `server.key` is revoked. */
  readonly isRevoked: boolean;
}

/**
 * Looks the two up in the ledger.
 *
 * @param ledger The ledger.
 * @param found What is there.
 * @param isOurs Whether the leaf names one of the ledger's authorities as its issuer.
 * @throws {DariError} `data` where the ledger must know the leaf and does not.
 */
export async function recordOf(
  ledger: Ledger,
  { leaf, privateKey }: FoundPair,
  isOurs: boolean,
): Promise<RecordedPair> {
  await ledger.log.refresh();
  const { entries } = ledger.log;
  if (isOurs && leaf !== undefined && !entries.has(leaf.serial)) throw olderLedger(leaf);
  const entry = leaf === undefined ? undefined : entries.get(leaf.serial);
  const keyIsRevoked = privateKey !== undefined &&
    entries.isKeyRevoked(await keyIdText(await publicKeyOf(privateKey)));
  return {
    isRevoked: keyIsRevoked || entry?.revoked !== undefined,
    ...(entry === undefined ? {} : { last: entries.lastRenewal(entry) }),
  };
}

/**
 * Issues the next certificate and writes it, with a new key where there is none or the old one is not
 * to be used any more.
 *
 * @param files Where they are written.
 * @param found What is there.
 * @param authority The authority that issues it.
 * @param ledger Where it is recorded.
 * @param options Its names and life.
 * @returns `false` where another process has renewed it meanwhile: read it again.
 * @throws {DariError} What {@linkcode issueLeaf} throws.
 */
export async function issuePair(
  { certFile, keyFile }: PairFiles,
  found: FoundPair & RecordedPair,
  authority: Authority,
  ledger: Ledger,
  options: LeafOptions,
): Promise<boolean> {
  // `dari cert renew` takes the same lock.
  using locked = found.leaf === undefined ? undefined : await lockFile(certFile);
  if (locked !== undefined && serialOf(locked) !== found.leaf?.serial) return false;
  const kept = found.isRevoked ? undefined : found.privateKey;
  const fresh = kept === undefined ? await generateKeyPair() : undefined;
  const publicKey = fresh?.publicKey ?? await publicKeyOf(kept!);
  const leaf = await issueLeaf(authority, ledger, publicKey, {
    ...options,
    file: resolve(certFile),
    ...replacedBy(found),
  });
  // After a crash between the two the next start finds a key without a leaf, and goes on from it.
  if (fresh !== undefined) {
    await writeFileAtomic(keyFile, await encodePrivateKeyPem(fresh.privateKey));
  }
  await writeFileAtomic(certFile, encodePem("CERTIFICATE", leaf.der));
  return true;
}

function olderLedger({ serial }: Certificate): DariError {
  return new DariError(
    "data",
    `The ledger does not have server.crt (serial ${serial}), although this authority has issued it: ` +
      "the ledger is of an earlier time, and what was revoked since then is lost. Restore the newest " +
      "backup, revoke again what it lacks, then remove server.crt and server.key to have new ones made",
  );
}

function serialOf({ bytes }: LockedFile): string {
  return parseCertificates(new TextDecoder().decode(bytes))[0].serial;
}

function replacedBy({ fits, isRevoked, last }: FoundPair & RecordedPair): { replaces?: string } {
  if (last === undefined || isRevoked || last.revoked !== undefined) return {};
  // Where the ledger does not have the old key, it takes a renewed certificate to have the same.
  return fits || last.key !== undefined ? { replaces: last.serial } : {};
}
