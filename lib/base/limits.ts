/**
 * Every bound and every default of dari, with its unit in its name. What an option overrides, it
 * overrides for one server or client; nothing else in the code holds such a number.
 *
 * @module
 */

const KiB = 1024;
const MiB = 1024 * KiB;
const DAY_MS = 24 * 60 * 60 * 1_000;

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
  /** The first and the last pause before a blank line that makes the first answer come at once. */
  firstNudgeMs: 1,
  lastNudgeMs: 32,
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

  // The calls of one client, and of one connection, that wait for their turn to be sent.
  /** The characters of params of calls that are sent and not answered; the next call waits. */
  maxCharactersInFlight: 64 * MiB,
  /** Characters of our own calls that may wait for a slow reader before the next call waits. */
  maxUnsentCallCharacters: 1 * MiB,
  /** The most calls that may wait, and the characters of their params; more are refused at once. */
  maxCallsWaiting: 65_536,
  maxCharactersWaiting: 64 * MiB,
  /** How long something that the other side said without naming a call explains the next end. */
  noticeMemoryMs: 1_000,

  // Retries of one client.
  /** The most tries of one idempotent call, and of any call that was certainly not run. */
  maxAttempts: 4,
  /** The ceiling of the first pause between tries; it doubles with each, and the pause is random. */
  retryPauseMs: 100,
  maxRetryPauseMs: 5_000,
  /** Retries that a client may make at once, and the part of one that each success earns back. */
  retryBudget: 10,
  retryEarnedPerSuccess: 0.1,

  // One server.
  /** Where a server keeps its store and its certificates. */
  dataDirectory: ".dari",
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

  // Accounts and passwords.
  /** The longest account name, in bytes of UTF-8. */
  maxNameBytes: 128,
  /** The longest e-mail or other field of an account, or name of a key, in characters. */
  maxTextLength: 1_024,
  /** The most extra fields, roles, public keys or certificates of one account. */
  maxAccountItems: 64,
  /** PBKDF2 iterations of a new password (OWASP), and the most that a kept one may ask for. */
  passwordIterations: 600_000,
  maxPasswordIterations: 10_000_000,
  /** The least iterations that a SCRAM client accepts from a server (RFC 7677 section 4). */
  minScramIterations: 4_096,
  /** The salt of a password, in bytes. */
  passwordSaltBytes: 16,
  /** The shortest password (NIST SP 800-63B-4, single factor), and the least that can be set. */
  minPasswordCharacters: 15,
  minPasswordCharactersAllowed: 8,
  /** The longest password. */
  maxPasswordBytes: 1_024,
  /** Password derivations that may wait for a free core; more are refused. */
  maxDerivationsWaiting: 64,
  /** Sign-ins to one account that may wait for each other. */
  maxAttemptsWaiting: 128,
  /** When to try again after too many. */
  derivationRetryMs: 2_000,

  // Signing in.
  /** The most sign-in requests that one connection may have under way. */
  maxSignInsInFlight: 16,
  /** Failures after which an account is locked, and for how long. */
  lockoutFailures: 5,
  lockoutMs: 5 * 60_000,
  /** How long a failure counts. */
  failureMemoryMs: 15 * 60_000,
  /** Failed sign-ins that one peer may cause within `lockoutMs`, whatever the accounts. */
  maxFailuresPerPeer: 50,
  /** Peers whose failures are counted; the oldest are forgotten first. */
  maxPeersCounted: 10_000,
  /** The longest text in a sign-in request: room for a signature, and for any password. */
  maxSignInTextLength: 4_096,
  /** The nonce of a challenge, in bytes. */
  challengeBytes: 32,
  /** Time to finish an exchange of several messages, or to answer a challenge. */
  exchangeTimeoutMs: 60_000,
  /** Unfinished exchanges: the oldest are forgotten first. */
  maxExchanges: 10_000,

  // Sessions and API keys.
  /** How long a session lives without use, and how long at most. */
  sessionIdleMs: 60 * 60_000,
  sessionMaxMs: 12 * 60 * 60_000,
  /**
   * The share of its life without use after which a client signs in again, and the share that it waits
   * before it tries again where that failed.
   */
  sessionRenewShare: 0.75,
  sessionRenewRetryShare: 0.05,
  /** How often the use of a session or an API key is written down. */
  touchMs: 60_000,
  /** What is kept of an address or of a program's name for itself, in characters. */
  maxAgentLength: 256,
  /** How long the old secret of a rotated API key still works. */
  keyOverlapMs: 24 * 60 * 60_000,
  /** How far the timestamp of a signed request may be from our clock. */
  signatureSkewMs: 60_000,
  /** Tokens whose principal is kept in memory; the oldest are forgotten first. */
  maxCachedTokens: 10_000,
  /** Methods whose decision is kept for one principal. */
  maxCachedDecisions: 1_024,
  /** How often a connection's certificate is looked up in the revocations. */
  recheckMs: 500,

  // Certificates.
  /** The largest certificate, request or revocation list that is read, and the longest PEM text. */
  maxCertificateBytes: 64 * KiB,
  maxRevocationListBytes: 16 * MiB,
  maxPemLength: 32 * MiB,
  /** The most certificates between a leaf and its trust anchor, both counted. */
  maxChainLength: 8,
  /** The most signatures that are checked in search of one path. */
  maxPathSignatures: 64,
  /** The most names in one certificate that dari issues. */
  maxCertificateNames: 100,
  /** How long an authority, a leaf and a certificate of its own signature are valid. */
  authorityLifeMs: 1_825 * DAY_MS,
  leafLifeMs: 30 * DAY_MS,
  selfSignedLifeMs: 365 * DAY_MS,
  /** The longest life of a leaf: what Apple's platforms still accept from a private authority. */
  maxLeafLifeMs: 825 * DAY_MS,
  /** The longest life of an authority, and the shortest of any certificate: dates have seconds. */
  maxAuthorityLifeMs: 36_525 * DAY_MS,
  minCertificateLifeMs: 1_000,
  /** How far back a certificate's life begins, for peers whose clocks are slow. */
  certificateBackdateMs: 5 * 60 * 1_000,
  /** The share of its life after which a certificate is renewed. */
  renewAfterLifeShare: 2 / 3,
  /** How long a revocation list is good for. */
  revocationListLifeMs: 7 * DAY_MS,
  /** How often the view of revocations looks whether the ledger has grown. */
  revocationCheckMs: 250,
  /** Octets of a serial number; all but one bit of them are random. */
  serialBytes: 16,
  /** The smallest RSA key that is accepted, in bits. */
  minRsaBits: 2_048,
  /** Iterations of PBKDF2-HMAC-SHA256 for a key at rest, and the most that are done for a file. */
  keyDerivationIterations: 600_000,
  maxKeyDerivationIterations: 10_000_000,

  // Pipes, queues and shared memory.
  /** The room for messages of one direction of a pipe, or of a ring. */
  ringBytes: 1 * MiB,
  /** The room for messages of a queue, and the most messages that may wait in it. */
  queueBytes: 4 * MiB,
  queueItems: 1 << 16,
  /** The longest message of a pipe, of a worker's call and of a worker's result. */
  maxMessageBytes: 16 * MiB,
  /** Time that a thread which waits for another looks again before it sleeps; at first holding on. */
  spinMs: 0.03,
  holdMs: 0.01,
  /** Waits that begin without a look, at most, after looks in vain. */
  spinSkips: 31,
  /** The longest time that memory which never runs empty keeps the event loop from its turn. */
  turnMs: 1,
  /** How often a writer that waits for room looks for less than the half that it is woken for. */
  roomPollMs: 5,
  /** How often, and how many times, another's unfinished write is waited for: then it has died. */
  stallSliceMs: 50,
  stallSlices: 40,
  /** How long memory that another process shares is looked at with every turn of the event loop. */
  eagerPollMs: 2,
  /** After that, the first and the longest pause between two looks. */
  pollMs: 1,
  maxPollMs: 20,
  /** Time that a child process has to connect to its parent's socket. */
  childConnectTimeoutMs: 10_000,
  /** Time that a child process has to end once it was told to. */
  childGraceMs: 2_000,

  // One pool of workers.
  /** Calls that may wait for a worker. */
  poolQueueLength: 10_000,
  /** Calls handed to the workers ahead of their turn, for each worker. */
  poolPrefetch: 16,
  /** Time that a call has to stop by itself once it was cancelled or its deadline has passed. */
  poolGraceMs: 100,
  /** How far from the end of a call's time, at most, its worker stops what runs on and on. */
  poolGuardSlackMs: 500,
  /** How long a worker holds its thread for the next call before its event loop gets a turn. */
  poolHoldMs: 10,
  /** Params longer than this go to the worker that runs the call, not through the shared queue. */
  poolInlineBytes: 64 * KiB,
  /** Time that a worker has to load its module. */
  workerStartTimeoutMs: 30_000,
  /** Workers that may die one after the other while starting before the pool gives up. */
  maxWorkerStartFailures: 3,

  // Mutual TLS.
  /** Bytes beyond the longest line that may wait to be read: node:tls cannot pause a sender. */
  maxUnreadBytesBeyondLine: 1 * MiB,
  /** Connections that are taken in before the port is opened anew with another certificate. */
  maxAcceptsBeforeReload: 1_000,
  /** Certificates of other sides that are kept as they were read. */
  maxRememberedLeaves: 256,
  /** How often certificate files are looked at for a change. */
  certificateFileCheckMs: 1_000,
  /** Pause after a renewal that did not work, and the part of a life over which renewals spread. */
  renewalRetryMs: 60 * 60 * 1_000,
  renewalJitterShare: 1 / 30,
  /** Time for each attempt of a server to get past its own checks before it starts. */
  trialTimeoutMs: 5_000,
} as const;
