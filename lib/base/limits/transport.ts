/**
 * Limits of connections and of what carries them.
 *
 * @module
 */

import { HOUR_MS, KiB, MiB } from "./units.ts";

/** Limits of `lib/transport`. */
export const transportLimits = {
  // Buffers.
  /** The memory that a plain socket's connection reads into at first. */
  socketInitialReadBytes: 32 * KiB,
  /** The most bytes of one read of a plain socket. */
  socketReadBytes: 256 * KiB,
  /** The memory that a TLS connection reads into at first: one record. */
  tlsInitialReadBytes: 16 * KiB,
  /** The most bytes of one read of a TLS connection. */
  tlsReadBytes: 64 * KiB,
  /** A search for the end of a line looks at this many bytes at the end first. */
  lineTailBytes: 4 * KiB,
  /** Longer chunks are checked for ASCII, which decodes faster; for shorter ones that does not pay. */
  minAsciiCheckBytes: 16 * KiB,
  /** Sizes of the memory that connections borrow for long lines and for writes. */
  smallBufferBytes: 64 * KiB,
  mediumBufferBytes: 1 * MiB,
  largeBufferBytes: 4 * MiB,
  /** How many buffers of each size are kept for the next borrower. */
  maxSmallBuffersKept: 64,
  maxMediumBuffersKept: 8,
  maxLargeBuffersKept: 2,

  // TLS.
  /** The first pause before a blank line that makes a TLS server's first answer arrive at once. */
  firstBlankLineMs: 1,
  /** The last pause before such a blank line; each pause is twice the one before. */
  lastBlankLineMs: 32,
  /** Bytes beyond the longest line that may wait unread: node:tls cannot pause a sender. */
  maxUnreadBytesBeyondLine: 1 * MiB,
  /** Connections that are accepted before the port is opened anew with another certificate. */
  maxAcceptsBeforeReload: 1_000,
  /** How many peers' certificates are kept in parsed form. */
  maxRememberedLeaves: 256,
  /** How often certificate files are looked at for a change. */
  certificateFileCheckMs: 1_000,
  /** Pause after a renewal that failed. */
  renewalRetryMs: 1 * HOUR_MS,
  /** Renewals spread at random over this share of a certificate's life. */
  renewalJitterShare: 1 / 30,
  /** Time for each check that a mutual-TLS server makes of itself before it starts. */
  trialTimeoutMs: 5_000,
  /** The most bytes of the request that the check of session resumption reads from its own client. */
  trialRequestBytes: 4 * KiB,
} as const;
