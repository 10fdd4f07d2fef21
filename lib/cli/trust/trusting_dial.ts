/**
 * Connecting to a server that the user trusts by the fingerprint of its authority.
 *
 * @module
 */

import { TransportError } from "../../base/errors.ts";
import { keyFingerprint } from "../../cert/key/public_key.ts";
import { parseCertificates } from "../../cert/x509/certificate.ts";
import type { ConnectOptions } from "../../endpoint/connect.ts";
import { createDial } from "../../endpoint/dial.ts";
import { fetchAuthority } from "../../endpoint/pinned_authority.ts";
import { hostAndPort } from "../../transport/address.ts";
import type { Connection } from "../../transport/connection.ts";
import { type ServerAddress, writeTrusted } from "./trusted_servers.ts";

/** Connects to an address until the signal ends the attempt. */
export type Dial = (address: string, signal?: AbortSignal) => Promise<Connection>;

/** The trust in a server. */
export interface Trust {
  /** The user's directory. */
  readonly directory: string;
  /** The server. */
  readonly server: ServerAddress;
  /** The authorities that are trusted for it, PEM. */
  readonly ca: string;
}

/**
 * Gives a function that connects to a trusted server. Where its certificate is not valid by the
 * authority that was kept, it asks for that authority anew, under the same key, and keeps it.
 *
 * @param options What the client connects with beside the authorities.
 * @param trust The trust in the server.
 */
export function createTrustingDial(options: ConnectOptions, trust: Trust): Dial {
  const dialWith = (ca: string) => createDial({ ...options, ca, caOnly: true });
  let dial = dialWith(trust.ca);
  return async (address, signal) => {
    try {
      return await dial(address, signal);
    } catch (error) {
      // A server that does not answer has shown no certificate.
      if (!(error instanceof TransportError) || error.retryable) throw error;
      const fingerprints = await fingerprintsOf(trust.ca);
      const ca = await fetchAgain(trust, fingerprints);
      if (ca === undefined) throw explained(error, trust.server, fingerprints);
      await writeTrusted(trust.directory, trust.server, { ca });
      dial = dialWith(ca);
      return await dial(address, signal);
    }
  };
}

/** The fingerprints of authorities. */
export async function fingerprintsOf(ca: string): Promise<string[]> {
  return await Promise.all(parseCertificates(ca).map((each) => keyFingerprint(each.publicKey)));
}

/** @returns `undefined` where the server has nothing new that these fingerprints vouch for. */
async function fetchAgain(
  { server, ca }: Trust,
  fingerprints: readonly string[],
): Promise<string | undefined> {
  const known = ca.replace(/\s/g, "");
  for (const fingerprint of fingerprints) {
    const fetched = await fetchAuthority(server, fingerprint, ca).catch(() => undefined);
    if (fetched !== undefined && fetched.replace(/\s/g, "") !== known) return fetched;
  }
  return undefined;
}

function explained(
  error: TransportError,
  { host, port }: ServerAddress,
  fingerprints: readonly string[],
): TransportError {
  return new TransportError(
    "unavailable",
    `${error.message}. ${hostAndPort(host, port)} is trusted here by the fingerprint ` +
      `${
        fingerprints.join(" and ")
      }; if its authority was replaced, trust the new one (dari trust)`,
    { cause: error, retryable: false },
  );
}
