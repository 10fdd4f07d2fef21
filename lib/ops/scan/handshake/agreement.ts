/**
 * Key agreement of whole handshakes, by Web Crypto.
 *
 * @see RFC 8446 section 4.2.8.2, RFC 8422 section 5.11
 * @module
 */

import type { Bytes } from "../wire/bytes.ts";
import { ScanFault } from "../wire/fault.ts";

const algorithms = new Map<number, EcKeyGenParams | Algorithm>([
  [29, { name: "X25519" }],
  [23, { name: "ECDH", namedCurve: "P-256" }],
  [24, { name: "ECDH", namedCurve: "P-384" }],
  [25, { name: "ECDH", namedCurve: "P-521" }],
]);

/** The groups that whole handshakes are made with. */
export const usableGroups: readonly number[] = [...algorithms.keys()];

/** This side of a key agreement. */
export interface Agreement {
  /** The group. */
  readonly group: number;
  /** The public key. */
  readonly key: Bytes;
  /**
   * The secret that both sides have.
   *
   * @param theirs The server's public key.
   * @throws {ScanFault} `malformed` where it is no key of the group.
   */
  agree(theirs: Bytes): Promise<Bytes>;
}

/**
 * Makes a key pair.
 *
 * @param group One of {@linkcode usableGroups}.
 */
export async function startAgreement(group: number): Promise<Agreement> {
  const algorithm = algorithms.get(group);
  if (algorithm === undefined) {
    throw new ScanFault("malformed", "it chooses a group that was not offered");
  }
  const pair = await crypto.subtle.generateKey(algorithm, true, ["deriveBits"]) as CryptoKeyPair;
  return {
    group,
    key: new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)),
    async agree(theirs) {
      try {
        const theirKey = await crypto.subtle.importKey("raw", theirs, algorithm, true, []);
        const parameters = { name: algorithm.name, public: theirKey };
        const bits = { 29: 256, 23: 256, 24: 384, 25: 528 }[group]!;
        return new Uint8Array(await crypto.subtle.deriveBits(parameters, pair.privateKey, bits));
      } catch (cause) {
        throw new ScanFault("malformed", "its share of the key agreement is no key", { cause });
      }
    },
  };
}
