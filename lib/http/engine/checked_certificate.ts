/**
 * What became of the certificate of a connection.
 *
 * @module
 */

import type { PeerCertificate } from "../../transport/connection.ts";

/** What became of it. */
export interface CheckedCertificate {
  /** The certificate; absent where the client sent none, and where it is refused. */
  readonly certificate?: PeerCertificate | undefined;
  /** Why the connection's requests are refused. */
  readonly fault?: string | undefined;
}

/** Of a connection that was asked for none. */
export const NO_CERTIFICATE: CheckedCertificate = Object.freeze({});
