/**
 * Limits of accounts, credentials and sign-ins.
 *
 * @module
 */

import { DAY_MS, HOUR_MS, MINUTE_MS } from "./units.ts";

/** Limits of `lib/auth`. */
export const authLimits = {
  // Accounts.
  /** The longest account name, in bytes of UTF-8. */
  maxNameBytes: 128,
  /** The longest name of a role, in characters. */
  maxRoleLength: 64,
  /** The longest e-mail address, other field of an account, or name of a key, in characters. */
  maxTextLength: 1_024,
  /** The most extra fields, roles, public keys or certificates of one account. */
  maxAccountItems: 64,
  /** Random bytes of an account's id. */
  accountIdBytes: 16,

  // Passwords.
  /** PBKDF2 iterations of a new password (OWASP). */
  passwordIterations: 600_000,
  /** The most PBKDF2 iterations of a stored password; one that names more is refused. */
  maxPasswordIterations: 10_000_000,
  /** The fewest iterations that a SCRAM client accepts from a server (RFC 7677 section 4). */
  minScramIterations: 4_096,
  /** Random bytes of a password's salt. */
  passwordSaltBytes: 16,
  /** The shortest hash of a stored password that is accepted. */
  minPasswordHashBytes: 16,
  /** The shortest password by default (NIST SP 800-63B-4, single factor). */
  minPasswordCharacters: 15,
  /** The shortest password that a configuration may ask for. */
  minPasswordCharactersAllowed: 8,
  /** The longest password. */
  maxPasswordBytes: 1_024,
  /** Password derivations that may wait for a free core; the server refuses more. */
  maxDerivationsWaiting: 64,
  /** Sign-ins to one account that may wait for each other. */
  maxAttemptsWaiting: 128,
  /** How long a refused client is told to wait when too many derivations are waiting. */
  derivationRetryMs: 2_000,

  // Sign-ins.
  /** The most sign-in requests that one connection may have under way. */
  maxSignInsInFlight: 16,
  /** The longest time that a sign-in request may take, its wait for others included. */
  signInTimeoutMs: 10_000,
  /** An account is locked after this many failures. */
  lockoutFailures: 5,
  /** How long an account stays locked. */
  lockoutMs: 5 * MINUTE_MS,
  /** How long a failure counts. */
  failureMemoryMs: 15 * MINUTE_MS,
  /** How long the count of failures is stored: longer than any lock, so that setting the clock forward does not unlock. */
  failureRecordLifeMs: 1 * DAY_MS,
  /** Locks whose end is kept in memory; those not looked at for longest are forgotten first. */
  maxLocksRemembered: 10_000,
  /** Random bytes that name one lock of an account. */
  lockIdBytes: 8,
  /** Failed sign-ins that one peer may cause within `lockoutMs`, whatever the accounts. */
  maxFailuresPerPeer: 50,
  /** Peers whose failures are counted; those not seen for longest are forgotten first. */
  maxPeersCounted: 10_000,
  /** The longest text in a sign-in request: room for a signature, and for any password. */
  maxSignInTextLength: 4_096,
  /** Random bytes of a challenge. */
  challengeBytes: 32,
  /** Random bytes of the nonce that each side adds to a SCRAM exchange. */
  scramNonceBytes: 18,
  /** Time to finish a sign-in of several messages. */
  exchangeTimeoutMs: 1 * MINUTE_MS,
  /** How long a certificate that was renewed over the wire is given again to who lost the answer. */
  renewalAnswerLifeMs: 7 * DAY_MS,
  /** Unfinished sign-ins that a server remembers; the oldest are forgotten first. */
  maxExchanges: 10_000,

  // Second factors.
  /** Digits of a one-time code (RFC 6238); authenticator apps know no other number. */
  oneTimeCodeDigits: 6,
  /** How long a one-time code is the present one. */
  oneTimeCodeStepMs: 30_000,
  /** How many steps a code may be older or newer than the server's clock says. */
  oneTimeCodeDriftSteps: 1,
  /** Random bytes of the secret that server and app share (RFC 4226 section 4). */
  oneTimeSecretBytes: 20,
  /** The most authenticator apps of one account: each makes guessing a code more likely. */
  maxCodeFactors: 2,
  /** The most passkeys of one account. */
  maxPasskeys: 16,
  /** Random bytes of the challenge of a passkey, beside its time and its code. */
  ceremonyNonceBytes: 16,
  /** How long such a challenge can be answered. */
  ceremonyTimeoutMs: 5 * MINUTE_MS,
  /** The longest id of a passkey that is stored, in characters of base64url (1,023 bytes). */
  maxCredentialIdLength: 1_364,
  /** The longest public key of a passkey, in bytes: room for RSA. */
  maxPasskeyBytes: 2_048,
  /** The most ways to reach an authenticator that are stored of what it says. */
  maxPasskeyTransports: 8,
  /** How many recovery codes an account gets at once. */
  recoveryCodes: 10,
  /** Letters of a recovery code, of five random bits each. */
  recoveryCodeLetters: 16,
  /** The longest code in a sign-in request, in characters. */
  maxCodeLength: 64,
  /** Random bytes of a factor's id. */
  factorIdBytes: 4,
  /** The longest name of a factor, in characters. */
  maxFactorNameLength: 64,
  /** Time to confirm a new authenticator app by its first code. */
  enrolmentTimeoutMs: 10 * MINUTE_MS,
  /** How often a command asks for a mistyped code on a terminal. */
  maxCodePrompts: 3,
  /** A session may change its account's factors, and what others have, for so long after its sign-in. */
  freshSignInMs: 5 * MINUTE_MS,

  // Sessions and API keys.
  /** How long a session lives without use. */
  sessionIdleMs: 1 * HOUR_MS,
  /** How long a session lives at most. */
  sessionMaxMs: 12 * HOUR_MS,
  /** Characters of the id that names a session to a person. */
  sessionIdLength: 16,
  /** How often the use of a session or an API key is written down. */
  touchMs: 1 * MINUTE_MS,
  /** How long uses are gathered before they are written down together. */
  useWriteDelayMs: 1_000,
  /** The most uses that are written down in one commit. */
  maxUsesPerCommit: 256,
  /** For short sessions, their use is written down after this share of their idle time. */
  touchShare: 0.1,
  /** The longest address, and the longest name that a program gives itself, that is kept. */
  maxAgentLength: 256,
  /** Random bytes of a session token or of a secret. */
  tokenBytes: 32,
  /** How long an invitation can be accepted by default. */
  invitationLifeMs: 15 * MINUTE_MS,
  /** The longest time for which an invitation can be accepted. */
  maxInvitationLifeMs: 24 * HOUR_MS,
  /** Random bytes of the secret of an invitation. */
  invitationSecretBytes: 16,
  /** Random bytes of an API key's id. */
  apiKeyIdBytes: 6,
  /** How long the old secret of a rotated API key still works. */
  keyOverlapMs: 1 * DAY_MS,
  /** How far the timestamp of a signed request may be from the server's clock. */
  signatureSkewMs: 1 * MINUTE_MS,
  /** Random bytes of the nonce in a signed request. */
  signatureNonceBytes: 16,
  /** Tokens whose principal is kept in memory; those not used for longest are forgotten first. */
  maxCachedTokens: 10_000,
  /** The longest token of an issuer that is looked at, in characters. */
  maxIssuedTokenLength: 16_384,
  /** How far an issuer's clock may be from the server's. */
  tokenClockToleranceMs: 30_000,
  /** Time for an issuer to give its keys. */
  issuerTimeoutMs: 5_000,
  /** An issuer whose keys could not be read, or that lacks a key, is asked again after this time. */
  issuerRetryMs: 10_000,
  /** Chains of callers whose principal is kept for one peer. */
  maxCachedChains: 1_000,
  /** Methods whose decision is kept for one principal. */
  maxCachedDecisions: 1_024,
  /** The fewest calls a second that a policy may limit callers to: one in a day. */
  minCallsPerSecond: 1_000 / DAY_MS,
  /** The most calls a second, and the most at once, that a policy may limit callers to. */
  maxCallsPerSecond: 1_000_000,
  /** Callers whose calls are counted for one limit; those not seen for longest are forgotten first. */
  maxCallersCounted: 10_000,
  /** How often a policy's file is looked at for a change. */
  policyFileCheckMs: 1_000,
  /** How often a connection's certificate is looked up in the revocations. */
  recheckMs: 500,
} as const;
