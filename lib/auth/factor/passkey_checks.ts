/**
 * Passkeys without a store: what a page is asked for, and whether its answer is right.
 *
 * @module
 */

import { decodeBase64Url } from "@std/encoding/base64url";
import { decodeHex } from "@std/encoding/hex";
import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
  WebAuthnCredential,
} from "@simplewebauthn/server";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { AccountRecord } from "../account/account.ts";
import type { Bytes } from "../proof/bytes.ts";
import { AuthenticationError } from "../proof/errors.ts";
import type { PasskeyRecord, Site } from "./passkey_record.ts";

/** Ed25519, ECDSA P-256 with SHA-256, RSASSA-PKCS1-v1_5 with SHA-256, by their numbers of COSE. */
const ALGORITHMS = [-8, -7, -257];

/** Says whether a challenge is one of ours that still waits for its answer. */
type IsOpen = (challenge: string) => Promise<boolean>;

/** What a registration is about. */
export interface Registration {
  /** Where. */
  readonly site: Site;
  /** The service as authenticators list it. */
  readonly title: string;
  /** The challenge. */
  readonly challenge: Bytes;
  /** The account. */
  readonly account: AccountRecord;
  /** The passkeys that it has. */
  readonly passkeys: readonly PasskeyRecord[];
}

/**
 * What a page hands to `navigator.credentials.create`, as JSON.
 *
 * @param registration What it is about.
 */
export async function registrationOptions(
  { site, title, challenge, account, passkeys }: Registration,
): Promise<PublicKeyCredentialCreationOptionsJSON> {
  const { generateRegistrationOptions } = await import("@simplewebauthn/server");
  return await generateRegistrationOptions({
    rpName: title,
    rpID: site.rpId,
    userName: account.name,
    userID: decodeHex(account.id),
    challenge,
    timeout: limits.ceremonyTimeoutMs,
    attestationType: "none",
    excludeCredentials: passkeys.map(({ credentialId: id, transports }) => ({
      id,
      transports: [...transports],
    })),
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
    supportedAlgorithmIDs: ALGORITHMS,
  });
}

/**
 * What a page hands to `navigator.credentials.get`, as JSON. It names no account and no passkey.
 *
 * @param site Where.
 * @param challenge The challenge.
 */
export async function signInOptions(
  site: Site,
  challenge: Bytes,
): Promise<PublicKeyCredentialRequestOptionsJSON> {
  const { generateAuthenticationOptions } = await import("@simplewebauthn/server");
  return await generateAuthenticationOptions({
    rpID: site.rpId,
    challenge,
    timeout: limits.ceremonyTimeoutMs,
    userVerification: "required",
  });
}

/**
 * Checks the answer to a registration.
 *
 * @param response What the page got, as JSON.
 * @param site Where.
 * @param isOpen Whether the challenge is open.
 * @returns The passkey, and the challenge that it answers.
 * @throws {DariError} `invalid_params` when anything of it does not fit.
 */
export async function checkRegistration(
  response: unknown,
  site: Site,
  isOpen: IsOpen,
): Promise<{ credential: WebAuthnCredential; challenge: string }> {
  const { verifyRegistrationResponse } = await import("@simplewebauthn/server");
  let challenge = "";
  const verdict = await verifyRegistrationResponse({
    response: response as RegistrationResponseJSON,
    expectedChallenge: (text) => {
      challenge = text;
      return isOpen(text);
    },
    expectedOrigin: site.origin,
    expectedRPID: site.rpId,
    requireUserVerification: true,
    supportedAlgorithmIDs: ALGORITHMS,
  }).catch((cause) => {
    throw notRegistered("what the authenticator said", cause);
  });
  if (!verdict.verified) throw notRegistered("what the authenticator said");
  const { credential } = verdict.registrationInfo;
  const isTooLong = credential.id.length > limits.maxCredentialIdLength ||
    credential.publicKey.length > limits.maxPasskeyBytes;
  if (isTooLong) throw notRegistered("the length of its id or key");
  return { credential, challenge };
}

/**
 * Checks the proof of a passkey.
 *
 * @param response What the page got, as JSON.
 * @param site Where.
 * @param passkey The passkey.
 * @param isOpen Whether the challenge is open.
 * @returns The authenticator's new count of uses.
 * @throws {AuthenticationError} When the proof is wrong, or the count has gone back: then somebody else
 * has a copy of the passkey.
 */
export async function checkProof(
  response: AuthenticationResponseJSON,
  site: Site,
  { credentialId, publicKey, counter }: PasskeyRecord,
  isOpen: IsOpen,
): Promise<number> {
  const { verifyAuthenticationResponse } = await import("@simplewebauthn/server");
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response,
      expectedChallenge: isOpen,
      expectedOrigin: site.origin,
      expectedRPID: site.rpId,
      credential: { id: credentialId, publicKey: decodeBase64Url(publicKey), counter },
      requireUserVerification: true,
    });
    if (verified) return authenticationInfo.newCounter;
  } catch (cause) {
    throw new AuthenticationError("The passkey's proof is wrong", { cause });
  }
  throw new AuthenticationError("The passkey's proof is wrong");
}

/**
 * How an authenticator is reached, of what a browser says the plausible part.
 *
 * @param credential The passkey.
 */
export function transportsOf({ transports = [] }: WebAuthnCredential): string[] {
  return transports
    .filter((text) => typeof text === "string" && /^[a-z-]{1,32}$/.test(text))
    .slice(0, limits.maxPasskeyTransports);
}

/**
 * The refusal of a registration.
 *
 * @param what What does not fit.
 * @param cause Why.
 */
export function notRegistered(what: string, cause?: unknown): DariError {
  const message = `The passkey was not registered: ${what} does not fit; begin again on this page`;
  return new DariError("invalid_params", message, { cause });
}
