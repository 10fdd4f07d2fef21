/**
 * Limits of certificates, keys and authorities.
 *
 * @module
 */

import { DAY_MS, HOUR_MS, KiB, MiB, MINUTE_MS } from "./units.ts";

/** Limits of `lib/cert`. */
export const certLimits = {
  // What is read.
  /** The largest certificate or request that is read. */
  maxCertificateBytes: 64 * KiB,
  /** The largest revocation list that is read. */
  maxRevocationListBytes: 16 * MiB,
  /** The longest PEM text that is read. */
  maxPemLength: 32 * MiB,
  /** The most certificates of one path, the leaf and its trust anchor counted. */
  maxChainLength: 8,
  /** The most signatures that are checked in search of one path. */
  maxPathSignatures: 64,
  /** The most comparisons of a name with a name constraint for one path. */
  maxNameComparisons: 250_000,
  /** The smallest RSA key that is accepted, in bits. */
  minRsaBits: 2_048,
  /** The largest RSA key that is accepted, in bits: the runtime encrypts with none that is larger. */
  maxRsaBits: 4_096,
  /** The longest public exponent of an RSA key, in bits: the runtime refuses longer ones in use. */
  maxRsaExponentBits: 33,

  // What is issued.
  /** The most names in one certificate that dari issues. */
  maxCertificateNames: 100,
  /** The longest attribute of a distinguished name, in characters (RFC 5280 appendix A.1). */
  maxNameAttributeLength: 64,
  /** The most addresses of this machine that a certificate gets by itself. */
  maxFoundAddresses: 32,
  /** How long an authority is valid by default. */
  authorityLifeMs: 1_825 * DAY_MS,
  /** How long a leaf is valid by default. */
  leafLifeMs: 30 * DAY_MS,
  /** How long a self-signed certificate is valid by default. */
  selfSignedLifeMs: 365 * DAY_MS,
  /** How long the certificates of a server's start-up check are valid; they stay in memory. */
  trialCertificateLifeMs: 10 * MINUTE_MS,
  /** The longest life of a leaf: the longest that Apple's platforms accept of a private authority. */
  maxLeafLifeMs: 825 * DAY_MS,
  /** The longest life of an authority: a hundred years. */
  maxAuthorityLifeMs: 36_525 * DAY_MS,
  /** The shortest life of any certificate: its dates count whole seconds. */
  minCertificateLifeMs: 1_000,
  /** A certificate's life begins this long before it is issued, for peers whose clocks are slow. */
  certificateBackdateMs: 5 * MINUTE_MS,
  /** A certificate is renewed after this share of its life. */
  renewAfterLifeShare: 2 / 3,
  /** How often a server that has joined a cluster looks whether its certificate is to be renewed. */
  joinedRenewalLookMs: 1 * MINUTE_MS,
  /** Octets of a serial number; all but one bit of them are random. */
  serialBytes: 16,
  /** Random bytes in the name of a new authority, which keep two authorities apart. */
  authorityNameBytes: 4,

  // Renewal over the wire.
  /** How often a server renews the certificates of one key in a window of time. */
  maxRenewals: 10,
  /** The window; for certificates that live less, their life. */
  renewalWindowMs: 1 * HOUR_MS,

  // Revocation.
  /** How long a revocation list is valid. */
  revocationListLifeMs: 7 * DAY_MS,
  /** How often the view of revocations looks whether the ledger has grown. */
  revocationCheckMs: 250,
  /** How old the view of revocations may be before every client certificate is refused. */
  maxRevocationAgeMs: 1_000,
  /** The longest random pause before an event is written again after another process was faster. */
  maxLedgerRetryPauseMs: 20,

  // Keys at rest.
  /** Iterations of PBKDF2-HMAC-SHA256 for an encrypted key. */
  keyDerivationIterations: 600_000,
  /** The most iterations that are carried out for an encrypted key that was read. */
  maxKeyDerivationIterations: 10_000_000,
  /** Random bytes of the salt of an encrypted key, and of a PKCS #12 file. */
  keySaltBytes: 16,
  /** Iterations for the integrity key of a PKCS #12 file; its contents have PBKDF2 of their own. */
  pkcs12MacIterations: 100_000,
  /** A certificate that is asked for while another look at it goes on is looked at so much later. */
  reloadRetryMs: 20,
} as const;
