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
  /** The most streams of a connection of HTTP/2 that are open, or have a handler at work (strict engine). */
  maxHttp2Streams: 100,
  /** The most bytes of a header block of HTTP/2 before it is decoded (strict engine). */
  maxHttp2HeaderBlockBytes: 32 * KiB,
  /** Headers that a client of HTTP/2 may name by number after it sent them once (strict engine). */
  http2HeaderTableBytes: 4 * KiB,
  /** The most bytes of one body by HTTP/2 that wait for whoever reads it (strict engine). */
  http2StreamWindowBytes: 256 * KiB,
  /** The most bytes of all bodies of a connection of HTTP/2 that wait (strict engine). */
  http2ConnectionWindowBytes: 1_024 * KiB,
  /** Data of HTTP/2 that comes in smaller pieces is joined while it waits (strict engine). */
  http2ChunkBytes: 4 * KiB,
  /** Frames of HTTP/2 that ask for nothing: the most before their connection is ended (strict engine). */
  maxHttp2IdleFrames: 1_000,
  /** How many of them are forgiven at each look for slow requests (strict engine). */
  http2IdleFramesPerLook: 50,
  /** For so many bytes of data one more of them is forgiven (strict engine). */
  http2BytesPerIdleFrame: 1 * KiB,
  /** The memory that a connection of HTTP/2 has for frames before it needs more (strict engine). */
  http2FirstWriteBytes: 1 * KiB,
  /** Frames of HTTP/2 are written together up to this many bytes (strict engine). */
  http2WriteBytes: 64 * KiB,
  /** A client of HTTP/2 that leaves more waiting is cut (strict engine). */
  maxHttp2UnsentBytes: 1_024 * KiB,
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
