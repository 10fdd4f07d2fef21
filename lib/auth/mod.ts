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
export type { Account, AccountRecord, NewAccount, PasswordRecord } from "./account.ts";
export type { Accounts } from "./accounts.ts";
export { answerChallenge } from "./answer.ts";
export type {
  ApiKey,
  ApiKeyRecord,
  ApiKeys,
  ApiKeySecret,
  FoundApiKey,
  NewApiKey,
} from "./api_keys.ts";
export type { Bytes, RandomBytes } from "./bytes.ts";
export type { Certificates } from "./certificates.ts";
export type { ChallengeFacts } from "./challenge.ts";
export { AccountLockedError, AuthenticationError, InactiveAccountError } from "./errors.ts";
export type { Gate, SignInContext, SignInMethod, SignInReply } from "./gate.ts";
export { type Identity, type IdentityOptions, openIdentity } from "./identity.ts";
export type { LockoutPolicy } from "./lockout.ts";
export { foldName } from "./names.ts";
export { hashPassword, type PasswordHashOptions, verifyPassword } from "./password.ts";
export { checkNewPassword, type PasswordPolicy } from "./password_policy.ts";
export {
  type CompiledPolicy,
  compilePolicy,
  type Decision,
  parsePolicy,
  type Policy,
  type Subject,
} from "./policy.ts";
export type { CredentialKind, Principal } from "./principal.ts";
export type { PublicKeyAlgorithm, PublicKeyRecord } from "./public_key.ts";
export type { PublicKeys } from "./public_keys.ts";
export { createScramVerifier, type ScramVerifier } from "./scram.ts";
export { createScramClient, type ScramClient, type ScramClientOptions } from "./scram_client.ts";
export {
  type ClientFirst,
  createScramServer,
  parseClientFirst,
  type ScramServer,
  type ScramServerOptions,
} from "./scram_server.ts";
export type { FoundSession, Session, SessionPolicy, SessionRecord, Sessions } from "./sessions.ts";
export {
  type Credentials,
  type SignedIn,
  signIn,
  type SignInCall,
  type SignInOptions,
} from "./sign_in_client.ts";
export { canonicalJson, signCall } from "./signed_request.ts";
