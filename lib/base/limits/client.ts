/**
 * Limits of clients.
 *
 * @module
 */

import { MINUTE_MS } from "./units.ts";

/** Limits of clients: connecting, several servers, retries, the circuit. */
export const clientLimits = {
  /** Time to connect to an address. */
  connectTimeoutMs: 10_000,
  /** The same for a client that asks its user for the code of a second factor. */
  connectWithCodeTimeoutMs: 2 * MINUTE_MS,
  /** The longest first pause between attempts to connect; it doubles, and is drawn at random. */
  reconnectPauseMs: 100,
  /** A call whose deadline is near has the next attempt made earlier, but never sooner than this. */
  minReconnectPauseMs: 10,
  /** The longest pause between attempts to connect, however many have failed. */
  maxReconnectPauseMs: 2_000,
  /** The most connections that a client has to one address. */
  maxConnectionsEach: 1,
  /** A connection beside the first is closed when it had no call for this long. */
  idleConnectionMs: 30_000,
  /** Another connection is opened when each of those that are open has so many calls under way. */
  callsPerConnection: 64,
  /** The most servers that one client connects to; further ones that its resolver names are left out. */
  maxServers: 100,
  /** An error names at most so many of the servers that could not be reached. */
  maxServersInError: 3,
  /** A server that was asked for a sign of life gets no new calls for so many times `lifeSignMs`. */
  suspicionSigns: 4,
  /** How often which servers there are is asked again, where the answer does not say how long it holds. */
  resolveIntervalMs: 30_000,
  /** The shortest time for which such an answer holds, whatever it says. */
  minResolveTtlMs: 5_000,
  /** The longest time for which such an answer holds, whatever it says. */
  maxResolveIntervalMs: 5 * MINUTE_MS,
  /** The shortest time between two such questions, for instance when servers break. */
  minResolveIntervalMs: 1_000,
  /** How long a name's time to live is waited for once its addresses are known. */
  nameTtlWaitMs: 250,
  /** How often servers are asked whether they take calls. */
  healthIntervalMs: 5_000,
  /** A server that takes longer to say whether it takes calls counts as one that takes none. */
  healthTimeoutMs: 2_000,
  /** So many errors in a row set a server aside. */
  consecutiveErrors: 5,
  /** How long a server is set aside for the first time. */
  baseEjectionTimeMs: 30_000,
  /** The longest time for which a server is set aside. */
  maxEjectionTimeMs: 5 * MINUTE_MS,
  /** The largest part of the servers that are set aside at once, in percent. */
  maxEjectionPercent: 50,
  /** A server is set aside whose calls take so many times as long as those of the others. */
  slowServerRatio: 5,
  /** Calls that take less are never slow. */
  minSlowMs: 100,
  /** The weight of the newest call in the mean by which servers are compared. */
  latencyWeight: 0.1,
  /** Servers are compared once so many of their calls were answered. */
  minLatencySamples: 10,
  /** One of several servers whose certificate is refused is tried again after this time. */
  refusedRetryMs: 30_000,
  /** The most status events that wait for a slow reader; older ones are dropped. */
  maxStatusEventsWaiting: 256,
  /** The most times that a call is sent again that was certainly not run. */
  maxAttempts: 4,
  /** The most tries of a call that may run twice: more than the longest deadline has room for. */
  retryMaxAttempts: 100_000,
  /** The longest first pause between two tries; it grows with each try, and is drawn at random. */
  initialBackoffMs: 100,
  /** The shortest pause between two tries. */
  minBackoffMs: 1,
  /** The longest pause between two tries, however many there were. */
  maxBackoffMs: 5_000,
  /** By how much the longest pause grows with each try. */
  backoffMultiplier: 2,
  /** A call with less time left is not tried again: no answer could come. */
  minRetryLeftMs: 20,
  /** A full budget of retries: half of it pays for all calls that one lost connection may have had. */
  retryMaxTokens: 2_500,
  /** The part of one retry that each successful call earns back. */
  retryTokenRatio: 0.1,
  /** A client asks about the methods of its server so long after its first call. */
  discoverAfterMs: 250,
  /** How long a call that failed waits until its server has said whether it may be made again. */
  discoverTimeoutMs: 2_000,
  /** The share of failed calls from which a circuit opens. */
  circuitFailureRate: 0.5,
  /** The fewest calls from which that share is taken. */
  circuitMinCalls: 20,
  /** How long a call counts there. */
  circuitWindowMs: 10_000,
  /** How long a circuit stays open before one call tries the server. */
  circuitOpenMs: 5_000,
  /** When a call may ask again that came while another one tried the server. */
  circuitProbeWaitMs: 50,
  /** How long a client that is closed waits until the server has ended its session. */
  signOutTimeoutMs: 1_000,
  /** A client signs in again after this share of the time that its session lives without use. */
  signInRenewAfterShare: 0.75,
  /** A sign-in that failed is tried again after this share of that time. */
  signInRetryAfterShare: 0.05,
} as const;
