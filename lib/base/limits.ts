/**
 * Every bound and every default of dari, with its unit in its name. What an option overrides, it
 * overrides for one server or client; nothing else in the code holds such a number.
 *
 * @module
 */

const KiB = 1024;
const MiB = 1024 * KiB;

/** The table of bounds and defaults. */
export const limits = {
  // One line of the wire.
  /** The longest line taken from a connection that has not signed in. */
  maxLineBytesBeforeSignIn: 64 * KiB,
  /** The longest line taken from a connection that has. */
  maxLineBytes: 16 * MiB,
  /** How deep arrays and objects may nest in one message. */
  maxDepth: 64,
  /** The most elements of one batch. */
  maxBatchLength: 1_000,

  // One connection.
  /** Time to finish a TLS handshake, and then to sign in unless only public methods are called. */
  handshakeTimeoutMs: 10_000,
  /** The most calls that one connection may have under way. */
  maxCallsInFlight: 1_024,
  /** Reply bytes that may wait for a slow reader before its requests are no longer read. */
  maxUnsentBytes: 1 * MiB,
  /** Time that a closing connection waits for the other side to read the last lines. */
  lingerMs: 500,
  /** Items of a stream on their way before the receiver has to grant more. */
  streamCredit: 256,

  // One call.
  /** The deadline of a call that names none. */
  callTimeoutMs: 30_000,
  /** The longest deadline that a call may ask for. */
  maxCallTimeoutMs: 24 * 60 * 60 * 1_000,
  /** Time to connect to an address. */
  connectTimeoutMs: 10_000,

  // One server.
  /** The most connections open at once. */
  maxConnections: 10_000,
  /** Time that a stopping server leaves its running calls. */
  drainTimeoutMs: 10_000,
  /** The first and the longest pause after accepting failed, for instance for want of descriptors. */
  acceptRetryMs: 10,
  maxAcceptRetryMs: 1_000,

  // The store.
  /** The longest key, in characters. */
  maxStoreKeyLength: 512,
  /** How often compare-and-set is tried before it gives up. */
  maxStoreUpdateAttempts: 1_000,
  /** Time that a write waits for another process to finish its own. */
  storeBusyTimeoutMs: 5_000,
  /** Pause between two looks for changes of other processes. */
  storePollMs: 200,
  /** How long a removal is remembered, for watchers of other processes. */
  storeTombstoneMs: 60 * 60 * 1_000,
  /** Pause between two removals of expired entries. */
  storeSweepMs: 60_000,
} as const;
