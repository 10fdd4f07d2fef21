/**
 * Renewing a certificate at the server whose authority has issued it, from another machine.
 *
 * @module
 */

import { answerChallenge, type PublicKeyAlgorithm } from "../../auth/mod.ts";
import { ALGORITHMS } from "../../auth/proof/public_key.ts";
import { DariError } from "../../base/errors.ts";
import { type Certificate, encodePem, parseCertificates } from "../../cert/mod.ts";
import type { Client } from "../../rpc/client/client.ts";

/** A certificate and its key. */
export interface HeldCertificate {
  /** The certificate. */
  readonly certificate: Certificate;
  /** Its key, PKCS #8 in PEM. */
  readonly key: string;
}

/**
 * Asks a server for the successor of a certificate, proving to hold its key.
 *
 * @param client A connection to the server; nobody needs to be signed in.
 * @param held The certificate.
 * @returns The successor, PEM, for the same key.
 * @throws {DariError} `failed_precondition` where it may not be renewed, `unauthenticated` where the key
 * is not the certificate's, `data` where the server's answer is something else.
 */
export async function renewAt(
  client: Pick<Client, "call">,
  { certificate, key }: HeldCertificate,
): Promise<string> {
  const asked = await client.call("rpc.renew", {
    certificate: encodePem("CERTIFICATE", certificate.der),
  });
  const { server, challenge, algorithm, bindings } = asked as Record<string, unknown>;
  if (typeof server !== "string" || typeof challenge !== "string" || !isAlgorithm(algorithm)) {
    throw new DariError("data", "The server's answer is no challenge for a certificate's key");
  }
  const answer = await answerChallenge(key, algorithm, {
    ...{ purpose: "renew", server, challenge, username: certificate.serial },
    bindings: Array.isArray(bindings) ? bindings.map(String) : [],
  });
  const { certificate: successor } = await client.call("rpc.renew", { answer }) as {
    certificate?: unknown;
  };
  if (typeof successor !== "string" || !isFor(certificate, successor)) {
    throw new DariError(
      "data",
      "The server's answer is no certificate for this key; nothing changed",
    );
  }
  return successor;
}

function isAlgorithm(text: unknown): text is PublicKeyAlgorithm {
  return ALGORITHMS.some((each) => each === text);
}

/** A certificate for another key would be worthless beside this one. */
function isFor({ publicKey, serial }: Certificate, pem: string): boolean {
  try {
    const [{ publicKey: other, serial: next }] = parseCertificates(pem);
    return next !== serial && publicKey.length === other.length &&
      publicKey.every((byte, at) => byte === other[at]);
  } catch {
    return false; // no certificate at all
  }
}
