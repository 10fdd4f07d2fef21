/**
 * Connecting to servers whose authority is known by the hash of its key.
 *
 * @module
 */

import { abortable } from "../base/abort.ts";
import { BoundedMap } from "../base/bounded_map.ts";
import { TransportError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { parseFingerprint } from "../cert/key/public_key.ts";
import { formatAddress } from "../transport/scheme/parse.ts";
import type { DialContext } from "../transport/scheme/table.ts";
import type { CertificateAndKey } from "../transport/tls/key_pair.ts";
import { dialNodeTls } from "./node_tls_dial.ts";
import type { DialOptions } from "./trust.ts";

/**
 * Gives a function that connects with TLS. The authority is fetched for each server, and again where
 * its certificate was replaced.
 *
 * @param options The fingerprint.
 * @param pair The client's certificate and its key.
 * @param dialBy Gives what connects once the authority is known.
 * @returns Connects.
 * @throws {TypeError} For a fingerprint that is none, or stands beside `ca` or `insecure`.
 */
export function dialPinned(
  options: DialOptions,
  pair: CertificateAndKey | undefined,
  dialBy: typeof dialNodeTls = dialNodeTls,
): DialContext["tls"] {
  const fingerprint = checkFingerprint(options);
  const dials = new BoundedMap<string, DialContext["tls"]>(limits.maxContextsInUse);
  return async (at, signal) => {
    const name = formatAddress(at);
    const dial = dials.get(name);
    try {
      if (dial !== undefined) return await dial(at, signal);
    } catch (error) {
      if (!(error instanceof TransportError) || error.retryable) throw error;
    }
    const { fetchAuthority } = await import("./pinned_authority.ts");
    const ca = await abortable(fetchAuthority(at, fingerprint), signal);
    const fresh = dialBy({ ...options, ca }, pair);
    dials.set(name, fresh);
    return await fresh(at, signal);
  };
}

function checkFingerprint({ fingerprint = "", ca, insecure = false }: DialOptions): string {
  if (ca !== undefined || insecure) {
    throw new TypeError("Give fingerprint, ca or insecure, not several");
  }
  const parsed = parseFingerprint(fingerprint);
  if (parsed !== undefined) return parsed;
  throw new TypeError(`"${fingerprint}" is not a fingerprint: 64 hexadecimal digits are one`);
}
