/**
 * Limits of the wire, of calls, of clients and of servers.
 *
 * @module
 */

import { DAY_MS, KiB, MiB } from "./units.ts";

/** Limits of `lib/protocol`, `lib/rpc` and `lib/endpoint`. */
export const rpcLimits = {
  // One line of the wire.
  /** The longest line that a server takes from a connection before it has signed in. */
  maxLineBytesBeforeSignIn: 64 * KiB,
  /** The longest line that a connection takes after it has signed in. */
  maxLineBytes: 16 * MiB,
  /** How deep arrays and objects may nest in one message. */
  maxDepth: 64,
  /** The most messages in one batch. */
  maxBatchLength: 1_000,
  /** How deep the schemas of two documents are compared; what is deeper counts as the same. */
  maxSchemaDepth: 64,
  /** The decoder remembers the last method's name if the name is at most this long. */
  maxRememberedMethodLength: 64,

  // One connection.
  /** Time to finish a TLS handshake, and then again to sign in before a call of a private method. */
  handshakeTimeoutMs: 10_000,
  /** The most calls that one connection may have under way. */
  maxCallsInFlight: 1_024,
  /** Room for calls under way that a connection has from the start; it doubles when half is used. */
  initialCallSlots: 128,
  /** A server stops reading requests while this many bytes of replies wait for a slow reader. */
  maxUnsentBytes: 1 * MiB,
  /** Time that a closing connection waits for the other side to read the last lines. */
  lingerMs: 500,
  /** Items of a stream that may be on their way before the receiver has to grant more. */
  streamCredit: 256,

  // One call.
  /** The deadline of a call that names none. */
  callTimeoutMs: 30_000,
  /** The longest deadline that a call may ask for. */
  maxCallTimeoutMs: 1 * DAY_MS,
  /** An error message shows at most this many characters of a method's name that does not exist. */
  maxMethodNameShownLength: 100,

  // Calls of one client, and of one connection, that wait for their turn to be sent.
  /** The characters of params of calls that are sent and not answered; the next call waits. */
  maxCharactersInFlight: 64 * MiB,
  /** Characters of our own calls that may wait for a slow reader before the next call waits. */
  maxUnsentCallCharacters: 1 * MiB,
  /** The most calls that may wait; more are refused at once. */
  maxCallsWaiting: 65_536,
  /** The most characters of params of calls that wait; more are refused at once. */
  maxCharactersWaiting: 64 * MiB,
  /** How long something that the other side said without naming a call explains the next end. */
  noticeMemoryMs: 1_000,

  // One client.
  /** Time to connect to an address. */
  connectTimeoutMs: 10_000,
  /** The most tries of one idempotent call, and of any call that was certainly not run. */
  maxAttempts: 4,
  /** The longest first pause between two tries; it doubles with each try, and is drawn at random. */
  retryPauseMs: 100,
  /** The longest pause between two tries, however many there were. */
  maxRetryPauseMs: 5_000,
  /** Retries that a client may make in a row without a success. */
  retryBudget: 10,
  /** The part of one retry that each successful call earns back. */
  retryEarnedPerSuccess: 0.1,
  /** A client signs in again after this share of the time that its session lives without use. */
  signInRenewAfterShare: 0.75,
  /** A sign-in that failed is tried again after this share of that time. */
  signInRetryAfterShare: 0.05,

  // One server.
  /** Where a server keeps its store and its certificates. */
  dataDirectory: ".dari",
  /** The name of the store\'s file there. */
  storeFile: "dari.db",
  /** The most connections open at once. */
  maxConnections: 10_000,
  /** Time that a stopping server gives its running calls. */
  drainTimeoutMs: 10_000,
  /** The first pause after a connection could not be accepted, for instance for want of descriptors. */
  acceptRetryMs: 10,
  /** The longest pause after a connection could not be accepted. */
  maxAcceptRetryMs: 1_000,
} as const;
