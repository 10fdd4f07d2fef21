/**
 * Limits of what passes other programs' bytes on.
 *
 * @module
 */

import { HOUR_MS, KiB } from "./units.ts";

/** Limits of `lib/proxy`. */
export const proxyLimits = {
  /** The most bytes of one read. */
  proxyReadBytes: 64 * KiB,
  /** A TLS stream reads nothing more while this many bytes of it wait to be passed on. */
  proxyBufferBytes: 256 * KiB,
  /** The most connections that a proxy passes on at once. */
  maxProxyConnections: 1_000,
  /** A connection on which nothing has moved for this long is ended. */
  proxyIdleMs: 1 * HOUR_MS,
  /** The rights of those who are connected are looked at this often. */
  proxyRecheckMs: 500,
} as const;
