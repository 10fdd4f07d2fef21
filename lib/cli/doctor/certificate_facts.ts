/**
 * The certificates of a data directory: its authority's, its server's, and those that were issued.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { exists } from "../../base/file/file_state.ts";
import { readPublicFile, reasonOf } from "../../base/file/files.ts";
import { isDueForRenewal } from "../../cert/authority/renewal.ts";
import { isEncryptedPem } from "../../cert/key/private_key.ts";
import { stateOf } from "../../cert/ledger/event.ts";
import { type Certificate, parseCertificates } from "../../cert/x509/certificate.ts";
import { formatGeneralName } from "../../cert/x509/general_name.ts";
import { dataLedger } from "../../endpoint/data_ledger.ts";
import { certificateJudge } from "../../endpoint/scan/certificate_judge.ts";
import type { CertificateFact } from "../../ops/doctor/patient/patient.ts";
import { checkKeyPair } from "../../transport/tls/key_pair.ts";

/**
 * Reads and judges the certificates of a data directory.
 *
 * @param directory The data directory.
 * @param clock Where the time comes from.
 */
export async function readCertificateFacts(
  directory: string,
  clock: Clock,
): Promise<CertificateFact[]> {
  const [ca, own] = [`${directory}/ca.crt`, `${directory}/server.crt`];
  const authorities = await readChain(ca);
  const facts: CertificateFact[] = [];
  if ("unreadable" in authorities) facts.push(unreadable(ca, "authority", authorities.unreadable));
  else {
    for (const authority of authorities.chain) {
      facts.push(await judge(ca, "authority", [authority], [authority], clock));
    }
  }
  const server = await readChain(own);
  if ("unreadable" in server) facts.push(unreadable(own, "server", server.unreadable));
  else if (server.chain.length > 0) {
    const trusted = "chain" in authorities ? authorities.chain : [];
    facts.push(await judge(own, "server", server.chain, trusted, clock));
  }
  return [...facts, ...await readIssued(directory, server, clock.now())];
}

type Chain = { readonly chain: readonly Certificate[] } | { readonly unreadable: string };

async function readChain(path: string): Promise<Chain> {
  if (!await exists(path)) return { chain: [] };
  try {
    return { chain: parseCertificates(await readPublicFile(path)) };
  } catch (error) {
    return { unreadable: reasonOf(error) };
  }
}

function unreadable(
  place: string,
  role: CertificateFact["role"],
  message: string,
): CertificateFact {
  return { place: `"${place}"`, role, faults: [{ rule: "certificate-unreadable", message }] };
}

async function judge(
  path: string,
  role: CertificateFact["role"],
  [leaf, ...rest]: readonly Certificate[],
  authorities: readonly Certificate[],
  clock: Clock,
): Promise<CertificateFact> {
  const chain = [leaf!, ...rest].map(({ der }) => der);
  const [name] = leaf!.extensions.subjectAltName ?? [];
  const judged = await certificateJudge({ authorities, clock }).judge(
    chain,
    name === undefined ? "localhost" : formatGeneralName(name),
  );
  // An authority's certificate is no leaf; only its dates, its key and its signature count.
  const counts = role === "server" ? /./ : /expire|valid|weak/;
  return {
    place: `"${path}"`,
    role,
    notBeforeMs: leaf!.notBeforeMs,
    faults: judged.faults.filter(({ rule }) => counts.test(rule)),
  };
}

/** Those that are past two thirds of their life and were not renewed; the server renews its own. */
async function readIssued(
  directory: string,
  server: Chain,
  nowMs: number,
): Promise<CertificateFact[]> {
  if (!await exists(`${directory}/dari.db`)) return [];
  const own = "chain" in server ? server.chain[0]?.serial : undefined;
  try {
    await using ledger = dataLedger(directory);
    return (await ledger.entries()).filter((entry) =>
      stateOf(entry, nowMs) === "valid" && entry.serial !== own && isDueForRenewal(entry, nowMs)
    ).map((entry) => ({
      place: `${entry.subject || entry.names.join(", ")} (serial ${entry.serial})`,
      role: "issued",
      faults: [{
        rule: "certificate-expires-soon",
        message: `it is valid until ${new Date(entry.notAfterMs).toISOString()}`,
      }],
    }));
  } catch {
    return []; // a store that cannot be read is reported with the accounts
  }
}

/**
 * What is wrong with the keys of a data directory.
 *
 * @param directory The data directory.
 * @returns `undefined` where nothing is, or there are none.
 */
export async function readKeyFault(directory: string): Promise<string | undefined> {
  for (const name of ["server", "ca"]) {
    const [certFile, keyFile] = [`${directory}/${name}.crt`, `${directory}/${name}.key`];
    if (!await exists(certFile) || !await exists(keyFile)) continue;
    try {
      // Its mode is a matter of its own.
      const key = await readPublicFile(keyFile);
      // Without its passphrase nobody can tell.
      if (!isEncryptedPem(key)) checkKeyPair({ cert: await readPublicFile(certFile), key });
    } catch (error) {
      return `"${keyFile}": ${reasonOf(error)}`;
    }
  }
  return undefined;
}
