/**
 * Which servers a client trusts, and how it shows who it is by a certificate.
 *
 * @module
 */

import type { CertificateAndKey } from "../transport/tls/key_pair.ts";

/** Which servers a client trusts, and the certificate that it sends them. */
export interface TrustOptions {
  /**
   * Authorities to trust, PEM. Without `cert` and `caOnly` the public authorities are trusted beside
   * them: the runtime's own TLS cannot leave those out.
   */
  readonly ca?: string | readonly string[] | undefined;
  /**
   * Trust `ca` alone, and no public authority, as it always is together with `cert`. A call costs a
   * sixth more CPU then, and a new connection twice as much.
   *
   * @default {false}
   */
  readonly caOnly?: boolean | undefined;
  /**
   * Trust the authority whose public key has this hash (SHA-256 in hexadecimal, as `dari serve` prints
   * it), and no other: the server sends the authority itself. Instead of `ca`; the first connection
   * takes two further handshakes, and nothing is sent before the last one is done.
   */
  readonly fingerprint?: string | undefined;
  /** The client's certificate and its chain, PEM, for mutual TLS; together with `key`. */
  readonly cert?: string | undefined;
  /** The private key of `cert`, PEM. */
  readonly key?: string | undefined;
  /**
   * Accept any certificate of a `tls://` server, and allow `tcp://` beyond loopback.
   *
   * @default {false}
   */
  readonly insecure?: boolean | undefined;
  /**
   * Hears, for each connection, that the server's certificate is not checked.
   *
   * @default {console.error}
   */
  readonly warn?: ((line: string) => void) | undefined;
}

/** How the bytes of a connection travel. */
export interface SharedMemoryOptions {
  /**
   * Whether `unix:` connections move into memory that both ends share, once they have carried a few
   * calls. Both ends must be able to: on Linux, as one user, with `--allow-ffi`.
   *
   * @default {true}
   */
  readonly sharedMemory?: boolean | undefined;
}

/** What connecting to an address takes. */
export type DialOptions = TrustOptions & SharedMemoryOptions;

/**
 * The certificate that a client sends, with its key.
 *
 * @param options What the user gave.
 * @returns Both; `undefined` when there is neither.
 * @throws {TypeError} When there is one without the other.
 */
export function clientCertificateOf(
  { cert, key }: Pick<TrustOptions, "cert" | "key">,
): CertificateAndKey | undefined {
  if (cert === undefined && key === undefined) return undefined;
  if (cert !== undefined && key !== undefined) return { cert, key };
  throw new TypeError("Give cert and key together, both PEM");
}
