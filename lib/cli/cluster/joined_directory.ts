/**
 * The data directory of a machine that joins a cluster.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { exists } from "../../base/file/file_state.ts";
import { readOwnFile, writeFileAtomic, writeNewFiles } from "../../base/file/files.ts";
import { limits } from "../../base/limits.ts";
import { authorityFiles } from "../../cert/authority/authority_files.ts";
import { encodePrivateKeyPem, parseCertificates, publicKeyOf } from "../../cert/mod.ts";
import { keyFingerprint } from "../../cert/key/public_key.ts";
import { verifyCertificate } from "../../cert/path/verify.ts";
import { type Certificate, sameBytes } from "../../cert/x509/certificate.ts";
import { purposeOids } from "../../cert/x509/certificate_template.ts";
import {
  formatRecordKey,
  parseRecordKey,
  type RecordKey,
  recordKeyPath,
  saveRecordKey,
} from "../../cluster/record_key.ts";
import { hasMovable } from "../../endpoint/store/shared_store.ts";
import type { Given } from "../trust/exchange_invitation.ts";

/** What a machine has of a cluster that it has joined. */
export interface Joined {
  /** The name of the invitation. */
  readonly name: string;
  /** The service of NATS that the servers of the cluster offer. */
  readonly address: string;
  /** The server's certificate. */
  readonly certificate: Certificate;
  /** The same, PEM. */
  readonly certificatePem: string;
  /** The authorities that the servers trust, PEM. */
  readonly authorities: string;
  /** The key of the records that they share. */
  readonly recordKey: RecordKey;
}

const files = { ca: authorityFiles.certificates, cert: "server.crt", key: "server.key" } as const;

/**
 * Refuses a data directory that belongs to something else, before an invitation is spent.
 *
 * @param directory The data directory, whether it is there or not.
 * @param fingerprint SHA-256 of the key of the cluster's authority, in hexadecimal.
 * @throws {DariError} `already_exists`, with what is there.
 */
export async function checkJoinable(directory: string, fingerprint: string): Promise<void> {
  await checkFiles(directory, fingerprint);
  if (!await hasOwnAccounts(directory)) return;
  throw taken(directory, "it has accounts or certificates of its own");
}

async function checkFiles(directory: string, fingerprint: string): Promise<void> {
  for (const name of [authorityFiles.key, authorityFiles.nextKey]) {
    if (!await exists(`${directory}/${name}`)) continue;
    throw taken(directory, `it has the key of an authority (${name})`);
  }
  const ca = `${directory}/${files.ca}`;
  if (await exists(ca)) {
    for (const { publicKey } of parseCertificates(await readOwnFile(ca))) {
      if (await keyFingerprint(publicKey) === fingerprint) return;
    }
    throw taken(directory, `${files.ca} is another authority than that of the cluster`);
  }
  for (const path of [`${directory}/${files.cert}`, `${directory}/${files.key}`]) {
    if (await exists(path)) throw taken(directory, `"${path}" is there`);
  }
  const key = recordKeyPath(directory);
  if (await exists(key)) throw taken(directory, `"${key}" is the key of another cluster`);
}

/** They would be in the way of those of the cluster. */
async function hasOwnAccounts(directory: string): Promise<boolean> {
  const path = `${directory}/${limits.storeFile}`;
  if (!await exists(path)) return false;
  const { openSqliteStore } = await import("../../store/sqlite.ts");
  await using own = await openSqliteStore(path);
  return await hasMovable(own);
}

/**
 * Reads what the server has given, and checks it.
 *
 * @param given The answer.
 * @param privateKey The key that the certificate must be for.
 * @param fingerprint SHA-256 of the key of the authority that must be among those given.
 * @throws {DariError} `data` when something is missing or does not belong together.
 */
export async function readJoined(
  { name, certificate: certificatePem, cluster }: Given,
  privateKey: Uint8Array<ArrayBuffer>,
  fingerprint: string,
): Promise<Joined> {
  const { address, recordKey: text, authorities } = (cluster ?? {}) as Record<string, unknown>;
  const recordKey = typeof text === "string" ? parseRecordKey(text) : undefined;
  const isWhole = typeof address === "string" && typeof authorities === "string";
  if (certificatePem === undefined || recordKey === undefined || !isWhole) {
    throw new DariError(
      "data",
      "The server's answer is not what a machine needs to join a cluster",
    );
  }
  const trusted = parseCertificates(authorities);
  const hashes = await Promise.all(trusted.map(({ publicKey }) => keyFingerprint(publicKey)));
  if (!hashes.includes(fingerprint)) {
    throw new DariError("data", "The server's authorities lack the one of the invitation");
  }
  const [certificate] = parseCertificates(certificatePem);
  if (!sameBytes(certificate.publicKey, await publicKeyOf(privateKey))) {
    throw new DariError("data", "The server's certificate is for another key");
  }
  await verifyCertificate(certificate, { authorities: trusted, purpose: "server", name });
  return { name, address, certificate, certificatePem, authorities, recordKey };
}

/**
 * Writes the files: in a directory without an authority all of them or none, in one that has joined
 * before the new ones in the place of the old.
 *
 * @param directory The data directory, which exists.
 * @param joined What they are made of.
 * @param privateKey The certificate's key.
 * @throws {DariError} `already_exists` when the directory has the key of another cluster, or `io`.
 */
export async function keepJoined(
  directory: string,
  { certificatePem, authorities, recordKey }: Joined,
  privateKey: Uint8Array<ArrayBuffer>,
): Promise<void> {
  const ca = { path: `${directory}/${files.ca}`, content: authorities };
  const pair = [
    { path: `${directory}/${files.key}`, content: await encodePrivateKeyPem(privateKey) },
    { path: `${directory}/${files.cert}`, content: certificatePem },
  ];
  if (!await exists(ca.path)) {
    // The authority is the first: with it alone, joining again goes on from here.
    const key = { path: recordKeyPath(directory), content: formatRecordKey(recordKey) };
    return await writeNewFiles([ca, key, ...pair]);
  }
  await saveRecordKey(directory, recordKey);
  for (const { path, content } of [ca, ...pair]) await writeFileAtomic(path, content);
}

/**
 * The certificate that a machine got when it joined, for NATS servers that ask for one.
 *
 * @param directory The data directory.
 * @returns Its files; `undefined` where the directory has another certificate or none.
 * @throws {DariError} When the certificate is damaged or others can change it.
 */
export async function joinedPair(
  directory: string,
): Promise<{ cert: string; key: string } | undefined> {
  const cert = `${directory}/${files.cert}`;
  if (!await exists(cert) || await exists(`${directory}/${authorityFiles.key}`)) return undefined;
  const [{ extensions: { extKeyUsage = [] } }] = parseCertificates(await readOwnFile(cert));
  if (!extKeyUsage.includes(purposeOids.client)) return undefined;
  return { cert, key: `${directory}/${files.key}` };
}

function taken(directory: string, what: string): DariError {
  return new DariError(
    "already_exists",
    `"${directory}" cannot join: ${what}; join with another data directory (--data DIR)`,
  );
}
