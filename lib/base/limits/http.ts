/**
 * Limits of the HTTPS gateway.
 *
 * @module
 */

import { KiB, MINUTE_MS } from "./units.ts";

/** Limits of `lib/http`. */
export const httpLimits = {
  /** The port that `dari serve --https` listens on by default. */
  defaultHttpsPort: 9_443,
  /** Time for the headers of a request to come whole (strict engine). */
  httpHeadersTimeoutMs: 10_000,
  /** Time for a request to come whole, with its body (strict engine). */
  httpRequestTimeoutMs: 30_000,
  /** How often requests that are too slow are looked for (strict engine). */
  httpTimeoutCheckMs: 1_000,
  /** A connection without a request is closed after this time (strict engine). */
  httpKeepAliveMs: 1 * MINUTE_MS,
  /** The most bytes of a request's line and headers together. */
  maxHttpHeaderBytes: 16 * KiB,
  /** The most headers of a request. */
  maxHttpHeaders: 100,
  /** The most requests of one connection that wait behind others of it (strict engine). */
  maxPipelinedRequests: 32,
  /** The most requests of a gateway that are under way at once. */
  maxHttpRequests: 10_000,
  /** Bytes of an event stream that wait for a slow reader before its method waits too. */
  maxEventBytesUnsent: 64 * KiB,
  /** A longer body of a reply leaves in pieces, so that a client that reads slowly is seen to read. */
  maxHttpPieceBytes: 128 * KiB,
  /** A stream whose first item takes longer sends its headers without it. */
  eventStreamHeadMs: 250,
  /** An event stream says that it is alive when nothing was sent for this long. */
  eventStreamAliveMs: 15_000,
  /** How long browsers keep the answer that another origin may call. */
  corsMaxAgeSeconds: 600,
  /** How long browsers remember that a host is to be reached by HTTPS alone: two years. */
  hstsMaxAgeSeconds: 63_072_000,
  /** The longest path of a request that is looked up among static files, in characters. */
  maxStaticPathLength: 1_024,
} as const;
