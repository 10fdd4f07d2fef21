/**
 * Identity: accounts, passwords and SCRAM, sessions, API keys, public keys, client certificates,
 * and the policy that says who may call what.
 *
 * @module
 */

export type { Clock } from "../base/clock.ts";
export type { Store } from "../store/store.ts";
export type {
  ChannelBinding,
  Peer,
  PeerCertificate,
  TransportName,
} from "../transport/connection.ts";
export type { Account, AccountRecord, NewAccount } from "./account/account.ts";
export type { PasswordRecord } from "./account/password_record.ts";
export type { Accounts } from "./account/accounts.ts";
export { answerChallenge } from "./proof/answer.ts";
export type {
  ApiKey,
  ApiKeyRecord,
  ApiKeySecret,
  FoundApiKey,
  NewApiKey,
} from "./credential/api_key_record.ts";
export type {
  Accepted,
  ClusterSecrets,
  Invitation,
  InvitationRecord,
  Invitations,
  InvitedCluster,
  InvitedPurpose,
  IssueCertificate,
  NewInvitation,
} from "./credential/invitations.ts";
export type { CertificateRenewer, RenewableCertificate } from "./credential/renewals.ts";
export type { ApiKeys } from "./credential/api_keys.ts";
export type { Bytes, RandomBytes } from "./proof/bytes.ts";
export type { AccountCertificates } from "./account/account_certificates.ts";
export type {
  FactorChange,
  FactorGate,
  FactorMethod,
  FactorReply,
} from "./factor/factor_requests.ts";
export type { Factor, FactorList } from "./factor/factor_record.ts";
export type { PasskeyOwner, PasskeyRecord, Site } from "./factor/passkey_record.ts";
export type { AddedPasskey, PasskeyGate } from "./factor/passkey_requests.ts";
export type { CodeVerdict } from "./factor/code_check.ts";
export type { ShownSecret } from "./factor/one_time_code.ts";
export type { Confirmed, Enrolment, SecondFactors } from "./factor/second_factors.ts";
export type { ChallengeFacts, ChallengePurpose } from "./proof/challenge.ts";
export { AccountLockedError, InactiveAccountError } from "./account/errors.ts";
export type { ClaimRule, TokenIssuer } from "./issuer/token_issuer.ts";
export { AuthenticationError } from "./proof/errors.ts";
export type {
  CallCounter,
  Gate,
  SignInContext,
  SignInMethod,
  SignInReply,
  WitnessedCall,
} from "./sign_in/gate.ts";
export { type Identity, openIdentity } from "./sign_in/identity.ts";
export type { IdentityOptions } from "./sign_in/identity_options.ts";
export type { OpenBuckets } from "./policy/call_limiter.ts";
export type { Buckets, BucketSize } from "../base/token_buckets.ts";
export type { PeerCounts, PeerFailures } from "./sign_in/peers/peer_counts.ts";
export type { LockoutPolicy } from "./account/lockout.ts";
export { foldName } from "./account/names.ts";
export { hashPassword, type PasswordHashOptions, verifyPassword } from "./proof/password.ts";
export { checkNewPassword, type PasswordPolicy } from "./proof/password_policy.ts";
export type { CallLimit, CallLimits, CallRule, CompiledCallLimits } from "./policy/call_limits.ts";
export {
  type CompiledPolicy,
  compilePolicy,
  type Decision,
  parsePolicy,
  type Policy,
  type Subject,
} from "./policy/policy.ts";
export type { CredentialKind, Principal } from "./policy/principal.ts";
export type { PublicKeyAlgorithm, PublicKeyRecord } from "./proof/public_key.ts";
export type { PublicKeys } from "./account/public_keys.ts";
export { createScramVerifier, type ScramVerifier } from "./proof/scram.ts";
export {
  createScramClient,
  type ScramClient,
  type ScramClientOptions,
} from "./proof/scram_client.ts";
export { SecondFactorRequiredError } from "./proof/second_factor.ts";
export {
  type ClientFirst,
  createScramServer,
  parseClientFirst,
  type ScramServer,
  type ScramServerOptions,
} from "./proof/scram_server.ts";
export type { Session, SessionRecord } from "./credential/session_record.ts";
export type { FoundSession, SessionPolicy, Sessions } from "./credential/sessions.ts";
export {
  type AskCode,
  type Credentials,
  type SignedIn,
  signIn,
  type SignInCall,
  type SignInOptions,
} from "./sign_in/sign_in_client.ts";
export { canonicalJson, createCallSigner, signCall } from "./credential/signed_request.ts";
