/**
 * An authority that is trusted for the hash of its key: the server sends it, and the hash says whether
 * it is the right one.
 *
 * @see RFC 7469 section 2.4
 * @module
 */

import { DariError } from "../base/errors.ts";
import { encodePem } from "../cert/der/pem.ts";
import { keyFingerprint } from "../cert/key/public_key.ts";
import { verifySignature } from "../cert/key/signature.ts";
import { PeerVerifier } from "../cert/path/peer_verifier.ts";
import { type Certificate, parseCertificate, parseCertificates } from "../cert/x509/certificate.ts";
import { hostAndPort } from "../transport/address.ts";
import {
  fetchServerChain,
  type LookedAtServer,
} from "../transport/tls/node/fetch_server_certificate.ts";

/**
 * Fetches a server's authority and checks it. Two handshakes do that: the first one asks for the
 * certificates, which anybody could have sent; the second one trusts nothing but the authority whose
 * key has the hash, and proves that the server is its own. Nothing else is sent in either.
 *
 * @param server The server.
 * @param fingerprint SHA-256 of the key of its authority, in hexadecimal.
 * @param known Authorities that are trusted for this server already, PEM.
 * @returns All authorities that are trusted for this server now, PEM: of those with this key the one
 * that the server sent.
 * @throws {DariError} `unauthenticated` when the server has sent no authority with this key.
 * @throws {TransportError} `unavailable` when nothing answers, or the server's certificate is not
 * valid by these authorities.
 */
export async function fetchAuthority(
  server: LookedAtServer,
  fingerprint: string,
  known?: string,
): Promise<string> {
  const { certificates: [, ...sent] } = await fetchServerChain(server);
  const found = await authorityAmong(sent, fingerprint);
  if (found === undefined) throw notSent(server);
  const others = known === undefined ? [] : parseCertificates(known);
  const kept: Certificate[] = [];
  for (const one of others) {
    if (await keyFingerprint(one.publicKey) !== fingerprint) kept.push(one);
  }
  const ca = [...kept, found].map(({ der }) => encodePem("CERTIFICATE", der)).join("");
  await checkServer(server, ca);
  return ca;
}

/**
 * Checks that a server is to be trusted by some authorities.
 *
 * @param server The server.
 * @param ca The authorities, PEM.
 * @throws {TransportError} `unavailable` when nothing answers, or it is not.
 */
async function checkServer(server: LookedAtServer, ca: string): Promise<void> {
  const chain = await fetchServerChain(server, ca);
  await new PeerVerifier().verifyServer(chain, server.host);
}

/**
 * The authority with a key. Its own signature counts: what a client trusts is not verified again, so a
 * stranger could have put other constraints around the same key.
 */
async function authorityAmong(
  sent: readonly Uint8Array<ArrayBuffer>[],
  fingerprint: string,
): Promise<Certificate | undefined> {
  for (const der of sent) {
    const one = parseCertificate(der);
    if (one.extensions.basicConstraints?.isAuthority !== true) continue;
    if (await keyFingerprint(one.publicKey) !== fingerprint) continue;
    if (await verifySignature(one, one.publicKey)) return one;
  }
  return undefined;
}

function notSent({ host, port }: LookedAtServer): DariError {
  return new DariError(
    "unauthenticated",
    `The server at ${
      hostAndPort(host, port)
    } has no authority with this fingerprint, and nothing ` +
      "was sent to it; compare the fingerprint with what dari serve prints there",
  );
}
